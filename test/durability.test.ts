import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { report } from './support/http.ts'
import { requireProgram } from './support/programs.ts'
import { startService, stopServices } from './support/service.ts'
import { tempFolder, until } from './support/temp.ts'

describe('the order of durability, seen from outside', () => {
  afterEach(stopServices)

  it('has the fsync of the WAL ended before the 202 is written', async function () {
    this.timeout(60_000)
    const strace = await requireProgram(this, 'strace')
    const service = await startService()
    const trace = join(tempFolder(), 'trace')
    // -y names the files; writes of sockets carry the answer; times order what several threads did.
    const child = spawn(
      strace.path,
      [
        '-f',
        '-y',
        '-s',
        '200',
        '-ttt',
        '-T',
        '-e',
        'trace=fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64',
        '-o',
        trace,
        '-p',
        String(service.pid),
      ],
      { env: { ...process.env, ...strace.env }, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let told = ''
    child.stderr.on('data', (chunk) => {
      told += chunk
    })
    await until('strace to be attached', () => /attached/.test(told))
    for (let count = 0; count < 5; count++) expect((await report(service.ingest)).status).to.equal(202)
    child.kill('SIGINT')
    await new Promise((resolve) => child.once('close', resolve))

    // An interrupted call is split in two lines; its end counts.
    const lines = readFileSync(trace, 'utf8').split('\n')
    let synced = 0
    let answered = 0
    const pendingSync = new Set<string>()
    for (const line of lines) {
      const thread = line.split(' ')[0]!
      const isSync = /f(data)?sync\(\d+<[^>]*journal\.db-wal>/.test(line)
      if (isSync && line.includes('<unfinished')) pendingSync.add(thread)
      else if (isSync && line.includes('= 0')) synced++
      else if (/<\.\.\. f(data)?sync resumed>.*= 0/.test(line) && pendingSync.delete(thread)) synced++
      else if (line.includes('HTTP/1.1 202')) {
        answered++
        expect(synced, `answer ${answered} before its fsync:\n${line}`).to.be.at.least(answered)
      }
    }
    expect(answered).to.equal(5)
  })
})

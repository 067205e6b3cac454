import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { answer, report } from './support/http.ts'
import { startService, stopServices } from './support/service.ts'
import { http } from './support/sockets.ts'
import { tempFolder, until } from './support/temp.ts'

describe('the command line', () => {
  afterEach(stopServices)

  const run = async (...args: string[]) => {
    const service = await startService({ args, wait: false })
    const { code } = await service.exited
    return { code, out: service.stdout.join('\n'), err: service.stderr.join('\n') }
  }

  it('shows help and version', async () => {
    const help = await run('--help')
    expect(help.code).to.equal(0)
    for (const word of ['INGEST_PORT', 'CONFIG_FILE', '--check-config', 'reset-series', 'OTEL_'])
      expect(help.out).to.include(word)
    expect((await run('--version')).out).to.match(/^\d+\.\d+\.\d+/)
  })

  it('ends a command by SIGTERM with 143, also where --config stands before it', async () => {
    const config = join(tempFolder(), 'config.yaml')
    writeFileSync(config, 'outbound: {allow: [127.0.0.1]}\n')
    let asked = 0
    const silent = await http(() => {
      asked++
    })
    for (const words of [['probe'], ['--config', config, 'probe'], [`--config=${config}`, 'probe']]) {
      const args = [...words, `http://127.0.0.1:${silent.port}/`, ...(words.length > 1 ? [] : ['--config', config])]
      const before = asked
      const service = await startService({ args, wait: false })
      await until('the request', () => asked > before)
      service.child.kill('SIGTERM')
      expect(await service.exited, args.join(' ')).to.deep.equal({ code: 143, signal: null })
    }
    await silent.close()
  })

  it('refuses what it does not know, with 2', async () => {
    expect(await run('--frobnicate')).to.include({ code: 2, out: '' })
    expect(await run('serve', '--frobnicate')).to.include({ code: 2, out: '' })
  })

  it('checks a configuration without making a journal', async () => {
    expect(await run('--check-config')).to.include({ code: 0, out: 'the configuration is valid' })
    const faulty = await startService({ args: ['--check-config'], config: { nope: 1 }, wait: false })
    expect((await faulty.exited).code).to.equal(2)
  })

  it('asks the service for its health', async () => {
    const service = await startService()
    const check = (port: string) => startService({ args: ['healthcheck'], env: { ADMIN_PORT: port }, wait: false })
    expect((await (await check(new URL(service.admin).port)).exited).code).to.equal(0)
    const { hostname } = new URL(service.admin)
    expect(hostname).to.equal('127.0.0.1')
    await service.stop()
    const none = await check(new URL(service.admin).port)
    expect((await none.exited).code).to.equal(1)
    expect(none.stderr.join()).to.match(/does not answer/)
  })

  it('frees label sets that nobody has seen for a while', async () => {
    const env = { JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const service = await startService({ env })
    await answer(report(service.ingest))
    await service.stop()
    const reset = async (...args: string[]) => {
      const command = await startService({ env, args: ['journal', 'reset-series', ...args], wait: false })
      return { code: (await command.exited).code, out: command.stdout.join() }
    }
    expect((await reset()).out).to.include('freed 0 label sets')
    expect((await reset('--unseen-for', '0s')).out).to.include('freed 1 label sets')
    expect((await reset('--unseen-for', 'soon')).code).to.equal(2)
  })
})

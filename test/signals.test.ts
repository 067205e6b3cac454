import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { faultyDisk } from './support/faulty-disk.ts'
import { REPORT, report, scrape } from './support/http.ts'
import { sample } from './support/scrape.ts'
import { startService, stopServices } from './support/service.ts'
import { tempFolder, until } from './support/temp.ts'

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const [OLD, NEW] = ['the-old-token-0123456789abcdef', 'the-new-token-0123456789abcdef']

describe('SIGHUP', () => {
  afterEach(stopServices)

  it('reloads the tokens, drops no request in flight, and carries on', async () => {
    const folder = tempFolder()
    const file = join(folder, 'merchant')
    writeFileSync(file, OLD)
    const service = await startService({
      config: { sources: { retm: { tokens: [{ tenant: 'merchant', file }] } } },
    })
    let sending = true
    const statuses: number[] = []
    const senders = Array.from({ length: 24 }, async () => {
      while (sending) statuses.push((await report(service.ingest, REPORT, bearer(OLD))).status)
    })
    await until('requests in flight', () => statuses.length > 100)
    for (let round = 0; round < 3; round++) {
      service.child.kill('SIGHUP')
      await until('the reload', () => service.log().filter(({ msg }) => msg === 'tokens reloaded').length > round)
    }
    sending = false
    await Promise.all(senders)
    expect(new Set(statuses)).to.deep.equal(new Set([202]))

    writeFileSync(file, NEW)
    service.child.kill('SIGHUP')
    await until('the reload', () => service.log().filter(({ msg }) => msg === 'tokens reloaded').length > 3)
    expect((await report(service.ingest, REPORT, bearer(NEW))).status).to.equal(202)
    expect((await report(service.ingest, REPORT, bearer(OLD))).status).to.equal(401)
    expect(service.stdout.join()).not.to.include(NEW).and.not.to.include(OLD)
    expect(await service.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it('says that a changed configuration needs a restart, or is invalid, and keeps the running one', async () => {
    const service = await startService()
    const file = join(service.folder, 'config.yaml')
    const said = (pattern: RegExp) => until(String(pattern), () => service.stdout.find((line) => pattern.test(line)))
    writeFileSync(file, 'metrics: {seriesLimit: 77}\n')
    service.child.kill('SIGHUP')
    await said(/"level":"warn".*restart the service to apply it/)
    writeFileSync(file, 'metrics: {seriesLimit: none}\n')
    service.child.kill('SIGHUP')
    await said(/"level":"error".*metrics\.seriesLimit.*the running one stays in force/)
    expect((await report(service.ingest)).status).to.equal(202)
    expect(sample(await scrape(service.admin), 'webhook_exporter_config_valid')).to.equal(1)
    expect(await service.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it('takes a new password in journal.urlFile for no change that needs a restart, and another host for one', async () => {
    const urlFile = join(tempFolder(), 'url')
    const write = (password: string, host: string) =>
      writeFileSync(urlFile, `postgres://app:${password}@${host}:1/shop?sslmode=disable`)
    write('one', '127.0.0.1')
    const service = await startService({ config: { journal: { url: undefined, urlFile, spill: undefined } } })
    const reload = async (times: number) => {
      service.child.kill('SIGHUP')
      await until('the reload', () => service.log().filter(({ msg }) => msg === 'tokens reloaded').length >= times)
      // Compared after the reload; another answer of the same process comes later.
      await sleep(200)
    }
    const warned = () => service.stdout.some((line) => /restart the service/.test(line))
    write('two', '127.0.0.1')
    await reload(1)
    expect(warned()).to.equal(false)
    write('two', '127.0.0.2')
    await reload(2)
    await until('the warning', warned)
  })

  it('does not end a service that is still starting', async () => {
    const service = await startService({ wait: false })
    // Bit 0 of the mask is signal 1. Node.js itself leaves SIGHUP alone, so main.ts has run.
    const caught = () =>
      Number.parseInt(/SigCgt:\t(.*)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))![1]!, 16)
    await until('the handler', () => caught() % 2 === 1)
    service.child.kill('SIGHUP')
    await until('the listeners', () => service.log().some(({ listener }) => listener === 'ingest'))
    expect(await service.stop()).to.deep.equal({ code: 0, signal: null })
  })
})

describe('SIGTERM', () => {
  afterEach(stopServices)

  for (const wait of [0, 11_000]) {
    it(`ends the process at the deadline while an fsync hangs, since ${wait} ms, and says so`, async function () {
      this.timeout(120_000)
      const disk = await faultyDisk(this)
      const service = await startService({ env: disk.env })
      disk.hang()
      expect((await report(service.ingest)).status).to.equal(503)
      // After ten seconds the journal gives up on the thread that hangs, and has none at the end.
      await sleep(wait)
      // If the end waits for the fsync, it comes after this and not before.
      let released = false
      const release = setTimeout(() => {
        released = true
        disk.release()
      }, 60_000)
      expect(await service.stop()).to.deep.equal({ code: 1, signal: null })
      clearTimeout(release)
      expect(released, 'the process waited for the fsync').to.equal(false)
      const log = service.log()
      expect(log.filter(({ clean }) => clean === true)).to.deep.equal([])
      expect(log.at(-1)).to.include({ level: 'error', clean: false })
      expect(log.at(-1)!['msg']).to.match(/shutdown deadline/)
    })
  }
})

import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { answer, report } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

/** At night no one has a token at hand: the first start makes one that whoever may read the journal's folder may use. */
describe('the token for changes, where none is configured', () => {
  afterEach(stopServices)
  const start = (folder: string, config: Record<string, unknown> = {}) =>
    startService({ env: { JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`, API_TOKEN: 't'.repeat(32) }, config })
  const resolve = (admin: string, id: string, headers: Record<string, string>) =>
    fetch(`${admin}/api/v1/incidents/${id}/resolve`, {
      method: 'POST',
      body: '{"reason":"retired"}',
      headers: { 'Content-Type': 'application/json', ...headers },
    })
  const cli = (args: readonly string[], env: Record<string, string>): Promise<{ code: number | null; out: string }> =>
    new Promise((done) => {
      const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } })
      let out = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          out += chunk
        })
      child.on('close', (code) => done({ code, out }))
    })

  it('is made once, for its owner alone, never printed, and needed for changes only', async () => {
    const folder = join(tempFolder(), 'data')
    const service = await start(folder)
    const file = join(folder, 'admin-token')
    await until('the token', () => existsSync(file))
    const token = readFileSync(file, 'utf8').trim()
    expect(token).to.match(/^[0-9a-f]{64}$/)
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    expect(statSync(folder).mode & 0o777).to.equal(0o700)
    const { body } = await answer(report(service.ingest))
    expect((await fetch(`${service.admin}/api/v1/incidents`)).status).to.equal(200)
    expect((await fetch(`${service.admin}/`)).status).to.equal(200)
    expect((await resolve(service.admin, body.id, {})).status).to.equal(401)
    expect((await resolve(service.admin, body.id, { Authorization: `Bearer ${'0'.repeat(64)}` })).status).to.equal(401)
    // Browsers send Basic by themselves, also with a foreign page's request.
    const basic = { Authorization: `Basic ${Buffer.from(`me:${token}`).toString('base64')}` }
    expect((await resolve(service.admin, body.id, basic)).status).to.equal(401)
    const form = (headers: Record<string, string>) =>
      fetch(`${service.admin}/incidents/${body.id}/resolve`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ reason: 'retired' }),
        headers,
      })
    expect((await form({ ...basic, Origin: 'https://evil.example' })).status).to.equal(403)
    expect((await form({ ...basic, Origin: service.admin })).status).to.equal(303)
    expect(JSON.stringify(service.log())).not.to.include(token)
    await service.stop()
    const again = await start(folder)
    expect(readFileSync(file, 'utf8').trim()).to.equal(token)
    const next = await answer(report(again.ingest, { code: 500, endpoint: 'https://next.example/x', message: 'x' }))
    expect((await resolve(again.admin, next.body.id, { Authorization: `Bearer ${token}` })).status).to.equal(200)
  })

  it('is used by the commands', async () => {
    const folder = tempFolder()
    const service = await start(folder)
    const env = { JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`, ADMIN_PORT: new URL(service.admin).port }
    const endpoint = 'https://retired.example/x'
    await report(service.ingest, { code: 500, endpoint, message: 'x' })
    expect(await cli(['close', endpoint], env)).to.include({ code: 2 })
    const closed = await cli(['close', endpoint, '--reason', 'endpoint retired'], env)
    expect(closed.code, closed.out).to.equal(0)
    expect(closed.out).to.match(
      /^[0-9a-f-]{36} {2}https:\/\/retired\.example\/x {2}closed manually: endpoint retired\n$/,
    )
    const none = await cli(['close', endpoint, '--reason', 'again'], env)
    expect(none.code).to.equal(1)
    expect(none.out).to.include('has no open incident')
  })

  it('is not made where one is configured, nor where others reach the listener; without a folder reports are taken still', async () => {
    for (const config of [{ admin: { apiToken: { env: 'API_TOKEN' } } }, { admin: { host: '0.0.0.0' } }]) {
      const folder = tempFolder()
      const service = await start(folder, config)
      expect(() => statSync(join(folder, 'admin-token'))).to.throw(/ENOENT/)
      await service.stop()
    }
    const blocked = tempFolder()
    // A folder in its place cannot be read as a token.
    mkdirSync(join(blocked, 'admin-token'))
    const service = await start(blocked)
    expect((await report(service.ingest)).status).to.equal(202)
    const { body } = await answer(report(service.ingest))
    expect((await resolve(service.admin, body.id, {})).status).to.equal(401)
  })

  it('opens nothing while its file is empty, and is private again after a start', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'admin-token'), '')
    chmodSync(join(folder, 'admin-token'), 0o644)
    const service = await start(folder)
    await until('its mode', () => (statSync(join(folder, 'admin-token')).mode & 0o777) === 0o600)
    const { body } = await answer(report(service.ingest))
    expect((await resolve(service.admin, body.id, { Authorization: 'Bearer ' })).status).to.equal(401)
  })
})

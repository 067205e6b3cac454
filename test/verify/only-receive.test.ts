import { join } from 'node:path'
import { expect } from 'chai'
import { runCommand } from '../support/cli.ts'
import { scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { blackHole } from '../support/sockets.ts'

describe('verify --only-receive', () => {
  afterEach(stopServices)
  const env = { SIMULATION_SECRET: 'simulation-secret-of-the-test-012345' }
  const config = { sources: { retm: { auth: 'none' } }, simulation: { secret: { env: 'SIMULATION_SECRET' } } }

  it('shows that a report is accepted, counts nothing, and opens no incident', async () => {
    const { ingest, admin, folder } = await startService({ config, env })
    const verify = (url: string, ...args: string[]) =>
      runCommand(['verify', '--ingest', url, ...args, '--config', join(folder, 'config.yaml')], env)
    for (const args of [['--only-receive'], ['--only-receive', '--admin', admin], []]) {
      const { code, out, err } = await verify(`${ingest}/webhooks/error`, ...args)
      expect({ code, err }, out).to.deep.equal({ code: 0, err: '' })
      expect(out).to.match(/^ok +report accepted /m)
    }
    const text = await scrape(admin)
    for (const metric of [
      'webhook_endpoint_failures_total',
      'webhook_delivery_failures_total',
      'webhook_incident_open',
    ])
      expect(sum(text, metric), metric).to.equal(0)
    const { code, out } = await verify('http://127.0.0.1:1/', '--only-receive')
    expect(code).to.equal(1)
    expect(out).to.match(/^FAILED +report accepted .*ECONNREFUSED/m)
  })

  it('waits for an answer no longer than --timeout, and needs a secret and a URL', async () => {
    const { folder } = await startService({ config, env })
    const silent = await blackHole()
    const verify = (...args: string[]) =>
      runCommand(['verify', '--only-receive', ...args, '--config', join(folder, 'config.yaml')], env)
    const late = await verify('--ingest', `http://127.0.0.1:${silent.port}/`, '--timeout', '300ms')
    await silent.close()
    expect(late.code).to.equal(1)
    expect(late.out).to.include('no answer within 300 ms')
    const none = await verify()
    expect(none.code).to.equal(2)
    expect(none.err).to.include('--only-receive needs --ingest URL')
    const unsigned = await runCommand(['verify', '--only-receive', '--ingest', 'http://127.0.0.1:1/'])
    expect(unsigned.code).to.equal(2)
    expect(unsigned.err).to.include('configure simulation.secret')
  })
})

import { join } from 'node:path'
import { expect } from 'chai'
import { runCommand } from '../support/cli.ts'
import { scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'

describe('selftest without a canary', () => {
  afterEach(stopServices)
  const env = { SIMULATION_SECRET: 'simulation-secret-of-the-test-012345' }

  it('is verify, where simulation.secret is configured', async () => {
    const config = { sources: { retm: { auth: 'none' } }, simulation: { secret: { env: 'SIMULATION_SECRET' } } }
    const { ingest, admin, folder } = await startService({ config, env })
    const selftest = (...args: string[]) =>
      runCommand(['selftest', ...args, '--config', join(folder, 'config.yaml')], env)
    const url = `${ingest}/webhooks/error`
    const { code, out, err } = await selftest(url)
    expect({ code, err }, out).to.deep.equal({ code: 0, err: '' })
    expect(out)
      .to.match(/^ok +report accepted /m)
      .and.match(/^not checked +scraped by Prometheus /m)
    expect(sum(await scrape(admin), 'webhook_endpoint_failures_total', 'endpoint="webhook-verify"')).to.equal(1)
    const json = await selftest(url, '--json')
    expect(JSON.parse(json.out)).to.include({ ok: true })
    const closed = await selftest('http://127.0.0.1:1/')
    expect(closed.code).to.equal(1)
    expect(closed.out).to.match(/^FAILED +report accepted .*ECONNREFUSED/m)
  })

  it('still needs a secret where none is configured', async () => {
    const { ingest, folder } = await startService({})
    const { code, err } = await runCommand(['selftest', ingest, '--config', join(folder, 'config.yaml')])
    expect(code).to.equal(2)
    expect(err).to.include('no secret: configure canary.secret')
  })
})

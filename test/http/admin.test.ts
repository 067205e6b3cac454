import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { answer, REPORT, report, scrape } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const API = 'api-token-of-the-test-0123456789'

const METRICS = 'metrics-token-of-the-test-0123456'

describe('the admin listener', () => {
  afterEach(stopServices)

  it('answers health, readiness, landing page and API document', async () => {
    const { admin } = await startService()
    expect((await answer(fetch(`${admin}/healthz`))).body).to.deep.equal({ status: 'ok' })
    const ready = await answer(fetch(`${admin}/readyz`))
    expect(ready.status).to.equal(200)
    expect(ready.body.conditions.map((it: { name: string }) => it.name)).to.include.members([
      'lifecycle',
      'journal',
      'credentials',
    ])
    const page = await (await fetch(`${admin}/`)).text()
    for (const [, href] of page.matchAll(/href="([^"]+)"/g))
      expect((await fetch(`${admin}${href}`)).status, href).to.equal(200)
    const document = (await answer(fetch(`${admin}/api/v1/openapi.json`))).body
    expect(document.openapi).to.match(/^3\.1/)
    expect(Object.keys(document.paths)).to.include.members([
      '/webhooks/error',
      '/api/v1/failures',
      '/api/v1/failures/{id}',
    ])
  })

  it('serves gzip where accepted', async () => {
    const { admin } = await startService()
    const response = await fetch(`${admin}/metrics`, { headers: { 'Accept-Encoding': 'gzip' } })
    expect(response.headers.get('content-encoding')).to.equal('gzip')
    expect(await response.text()).to.include('webhook_exporter_build_info')
    expect(
      (await fetch(`${admin}/metrics`, { headers: { 'Accept-Encoding': 'identity' } })).headers.get('content-encoding'),
    ).to.equal(null)
  })

  it('guards /metrics and the rest with their tokens, never the health routes', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'api'), `${API}\n`)
    const { admin, ingest, stdout } = await startService({
      config: { admin: { apiToken: { file: join(folder, 'api') }, metricsToken: { env: 'METRICS_TOKEN' } } },
      env: { METRICS_TOKEN: METRICS },
    })
    await report(ingest, REPORT)
    const status = async (path: string, token?: string) =>
      (await fetch(`${admin}${path}`, token ? { headers: { Authorization: `Bearer ${token}` } } : {})).status
    for (const path of ['/', '/api/v1/failures', '/api/v1/openapi.json']) {
      expect(await status(path), path).to.equal(401)
      expect(await status(path, METRICS), path).to.equal(401)
      expect(await status(path, API), path).to.equal(200)
    }
    expect([await status('/metrics'), await status('/metrics', API), await status('/metrics', METRICS)]).to.deep.equal([
      401, 401, 200,
    ])
    expect([await status('/healthz'), await status('/readyz')]).to.deep.equal([200, 200])
    writeFileSync(join(folder, 'api'), `${API}-rotated\n`)
    await until('the rotation', async () => (await status('/', `${API}-rotated`)) === 200)
    expect(stdout.join()).not.to.match(/api-token|metrics-token/)
  })

  it('stays shut where the token file is missing', async () => {
    const { admin } = await startService({ config: { admin: { apiToken: { file: '/does/not/exist' } } } })
    expect((await fetch(`${admin}/api/v1/failures`)).status).to.equal(401)
  })

  it('makes links of the external URL', async () => {
    const { admin } = await startService({ config: { admin: { externalUrl: 'https://ops.example/webhooks/' } } })
    expect(await (await fetch(`${admin}/`)).text()).to.include('href="https://ops.example/webhooks/api/v1/failures"')
  })

  it('shows every counter of the exporter at 0 from the start', async () => {
    const { admin } = await startService({
      config: { endpoints: [{ name: 'orders', urls: ['https://shop.example/orders'] }] },
    })
    const text = await scrape(admin)
    for (const line of [
      'webhook_endpoint_failures_total{source="retm",endpoint="orders"} 0',
      'webhook_exporter_reports_total{source="retm",outcome="recorded",reason="none"} 0',
      'webhook_exporter_reports_total{source="retm",outcome="failed",reason="journal_unavailable"} 0',
      'webhook_exporter_label_overflow_total{label="endpoint"} 0',
      'webhook_exporter_journal_errors_total{kind="disk_full"} 0',
    ])
      expect(text).to.include(`${line}\n`)
  })
})

import { expect } from 'chai'
import { answer, REPORT, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'

describe('two sources of one kind', () => {
  let service: Service
  before(async () => {
    service = await startService({
      config: {
        sources: {
          retm: { tokens: [{ tenant: 'cafe', env: 'CAFE' }], codes: { meaning: 'own', own: { 7001: 'dns' } } },
          kitchen: {
            kind: 'retm',
            path: '/hooks/Kitchen',
            tokens: [{ tenant: 'grill', env: 'GRILL' }],
            codes: { meaning: 'own', own: { 7001: 'tls' } },
          },
        },
        endpoints: [{ name: 'orders', urls: [REPORT.endpoint] }],
      },
      env: { CAFE: 'token-of-the-cafe', GRILL: 'token-of-the-grill' },
    })
  })
  after(stopServices)

  const send = (path: string, token: string, headers: Record<string, string> = {}) =>
    answer(
      fetch(`${service.ingest}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, ...headers },
        body: JSON.stringify({ ...REPORT, code: 7001, message: '' }),
      }),
    )

  it('have paths, tokens, tenants, codes and ids of their own', async () => {
    const id = { 'webhook-id': 'the-same' }
    const cafe = await send('/webhooks/error', 'token-of-the-cafe', id)
    const grill = await send('/hooks/Kitchen', 'token-of-the-grill', id)
    expect([cafe.status, grill.status]).to.deep.equal([202, 202])
    expect(cafe.body.id).not.to.equal(grill.body.id)
    const get = async (failure: string) => (await answer(fetch(`${service.admin}/api/v1/failures/${failure}`))).body
    expect(await get(cafe.body.id)).to.include({ source: 'retm', tenant: 'cafe', cause: 'dns' })
    expect(await get(grill.body.id)).to.include({ source: 'kitchen', tenant: 'grill', cause: 'tls' })
    expect((await send('/hooks/Kitchen', 'token-of-the-cafe')).body.code).to.equal('credential_unknown')
    expect((await send('/webhooks/kitchen', 'token-of-the-grill')).status).to.equal(404)
  })

  it('are counted apart, and named by the incident and by /readyz', async () => {
    const metrics = await scrape(service.admin)
    for (const source of ['retm', 'kitchen']) {
      expect(sum(metrics, 'webhook_exporter_reports_total', `source="${source}"`, '"recorded"')).to.equal(1)
      expect(sum(metrics, 'webhook_exporter_credentials', `source="${source}"`)).to.equal(1)
      expect(sum(metrics, 'webhook_endpoint_failures_total', `source="${source}"`, 'orders')).to.equal(1)
    }
    const { body } = await answer(fetch(`${service.admin}/api/v1/incidents`))
    expect(body.incidents[0]).to.deep.include({
      sources: ['retm', 'kitchen'],
      tenants: ['cafe', 'grill'],
      tenantsComplete: true,
    })
    const ready = await (await fetch(`${service.admin}/readyz?verbose`)).text()
    expect(ready).to.match(/retm: 1 token; kitchen: 1 token/)
    const { body: document } = await answer(fetch(`${service.admin}/api/v1/openapi.json`))
    expect(document.paths).to.include.keys('/webhooks/error', '/hooks/Kitchen')
  })
})

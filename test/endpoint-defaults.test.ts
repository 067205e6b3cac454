import { expect } from 'chai'
import { answer, REPORT, report } from './support/http.ts'
import { startService, stopServices } from './support/service.ts'

const ORDERS = { name: 'orders', team: 'sales', severity: 'critical', urls: ['https://shop.example/hooks/orders'] }
const INVENTED = 'https://invented.example/'

describe('the severity of an endpoint that is not configured', () => {
  after(stopServices)

  const CASES = [
    { what: 'is critical while no endpoint is configured', config: {}, severity: 'critical' },
    { what: 'is warning alongside configured ones', config: { endpoints: [ORDERS] }, severity: 'warning' },
    {
      what: 'is what endpointDefaults says alongside configured ones',
      config: { endpoints: [ORDERS], endpointDefaults: { severity: 'critical' } },
      severity: 'critical',
    },
    {
      what: 'is what endpointDefaults says without any',
      config: { endpointDefaults: { severity: 'warning' } },
      severity: 'warning',
    },
  ]
  for (const { what, config, severity } of CASES) {
    it(`${what}, in the metric and in the API`, async () => {
      const service = await startService({ config })
      await report(service.ingest, { ...REPORT, endpoint: INVENTED })
      const metrics = await (await fetch(`${service.admin}/metrics`)).text()
      expect(metrics).to.include(
        `webhook_endpoint_info{endpoint="${INVENTED}",event="",team="",severity="${severity}"} 1`,
      )
      const { body } = await answer(fetch(`${service.admin}/api/v1/endpoints/${encodeURIComponent(INVENTED)}`))
      expect(body).to.include({ configured: false, severity })
      if ('endpoints' in config)
        expect(metrics).to.match(/webhook_endpoint_info\{endpoint="orders",.*severity="critical"\} 1/)
      await service.stop()
    })
  }

  it('is in the metric, too, where early warnings alone have opened an incident', async () => {
    const map = { type: '/type', failing: ['failing'], endpoint: '/url', code: '/code' }
    const service = await startService({
      config: { endpoints: [ORDERS], sources: { some: { kind: 'generic', auth: 'none', map } } },
    })
    const warned = await fetch(`${service.ingest}/webhooks/some`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'failing', url: INVENTED, code: 503 }),
    })
    expect(warned.status).to.equal(202)
    const metrics = await (await fetch(`${service.admin}/metrics`)).text()
    expect(metrics).to.include(`webhook_incident_open{endpoint="${INVENTED}"} 1`)
    expect(metrics).to.include(`webhook_endpoint_info{endpoint="${INVENTED}",event="",team="",severity="warning"} 1`)
    await service.stop()
  })
})

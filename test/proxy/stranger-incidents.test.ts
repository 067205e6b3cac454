import { expect } from 'chai'
import { report, scrape, sum } from '../support/http.ts'
import { deliver } from '../support/proxy-stage.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { delay, http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

const urlOf = (name: string) => `https://shop.example/hooks/${name}`
const PLATFORM = 'a-secret-of-the-platform'
const NAMES = ['orders', 'menu', 'stock', 'named'] as const

interface Closed {
  readonly closedAt: string | null
  readonly resolution: string
  readonly lossWindow: { readonly untilProof: string }
}

/** What a stranger who reaches the proxy's port does to incidents. */
describe('incidents and strangers at the proxy', function () {
  this.timeout(60_000)
  let app: Listening
  let service: Service
  let origin: string
  const answers = new Map<string, number>()
  before(async () => {
    app = await http((request, response) =>
      request.resume().once('end', () => {
        const key = `${request.method} ${request.url!.split('/').at(-1)}`
        if (answers.get(key) !== 0) response.writeHead(answers.get(key) ?? 200).end()
      }),
    )
    service = await startService({
      env: { PLATFORM },
      config: {
        endpoints: NAMES.map((name) => ({ name, urls: [urlOf(name)], probe: { onReport: false } })),
        incidents: { quietTime: '3s', goodProbes: 3 },
        proxy: {
          port: 0,
          routes: NAMES.map((endpoint) => ({
            endpoint,
            path: `/hooks/${endpoint}`,
            upstream: `http://127.0.0.1:${app.port}`,
            giveUpAfter: '1s',
            ...(endpoint === 'named' && { platform: { header: 'X-Platform', secrets: [{ env: 'PLATFORM' }] } }),
          })),
        },
      },
    })
    origin = `http://127.0.0.1:${service.log().find(({ listener }) => listener === 'proxy')!['port']}`
  })
  after(async () => {
    await stopServices()
    await app.close()
  })
  const send = async (name: string, count: number, options: Parameters<typeof deliver>[1] = {}) => {
    for (let index = 0; index < count; index++) await deliver(origin, { path: `/hooks/${name}`, ...options })
  }
  const incidentOf = async (name: string): Promise<Closed | undefined> =>
    ((await (await fetch(`${service.admin}/api/v1/incidents?endpoint=${name}`)).json()) as { incidents: Closed[] })
      .incidents[0]
  const closed = (name: string) =>
    until('the end', async () => {
      const incident = await incidentOf(name)
      return incident?.closedAt != null && incident
    })
  const isKnown = async (metric: string, name: string) => sum(await scrape(service.admin), metric, `endpoint="${name}"`)

  it('are proven by none of a stranger’s requests, only by what the platform sends', async () => {
    answers.set('POST orders', 500)
    for (const proof of ['quiet', 'delivery']) {
      const { status } = await report(service.ingest, { code: 500, endpoint: urlOf('orders'), message: '' })
      expect(status).to.equal(202)
      if (proof === 'delivery') answers.delete('POST orders')
      await send('orders', 4, { method: proof === 'quiet' ? 'GET' : 'POST' })
      const incident = await closed('orders')
      expect(incident.lossWindow.untilProof).to.equal(proof)
      expect(incident.resolution).to.equal(proof === 'quiet' ? 'unproven' : 'proven')
    }
  })

  it('are not opened by what the application refuses, nor by clients that hang up, and no report is overdue', async () => {
    answers.set('POST menu', 401)
    await send('menu', 4)
    answers.set('POST menu', 403)
    await send('menu', 4)
    answers.set('POST menu', 0)
    for (let index = 0; index < 4; index++) await send('menu', 1, { signal: AbortSignal.timeout(50) })
    answers.set('POST named', 500)
    await send('named', 5, { headers: { 'X-Platform': 'a-guess-of-the-secret' } })
    answers.set('POST named', 401)
    await send('named', 5)
    await delay(1_200)
    for (const name of ['menu', 'named']) {
      expect(await incidentOf(name), name).to.equal(undefined)
      expect(await isKnown('webhook_endpoint_report_overdue', name)).to.equal(0)
      expect(await isKnown('webhook_endpoint_deliveries_total', name)).to.equal(0)
      expect(await isKnown('webhook_endpoint_delivery_duration_seconds_count', name)).to.equal(0)
    }
    const text = await scrape(service.admin)
    const others = (name: string, reason: string) =>
      sum(text, 'webhook_exporter_proxy_other_requests_total', `endpoint="${name}"`, `reason="${reason}"`)
    expect([others('menu', 'unauthorized'), others('menu', 'hang_up')]).to.deep.equal([8, 4])
    expect([others('named', 'unsigned'), others('named', 'unauthorized')]).to.deep.equal([5, 5])
    expect(sum(text, 'webhook_exporter_proxy_other_requests_total', 'reason="method"')).to.equal(4)
    expect(text).to.include('webhook_exporter_proxy_other_requests_total{endpoint="stock",reason="path"} 0\n')
  })

  it('are opened by the platform’s failures although a stranger’s GET succeeds after each, and are proven by its successes', async () => {
    answers.set('POST stock', 500)
    answers.set('POST named', 401)
    const headers = { 'X-Platform': PLATFORM }
    for (let index = 0; index < 4; index++)
      for (const name of ['stock', 'named']) {
        await send(name, 1, { headers })
        await send(name, 1, { method: 'GET', headers })
        if (name === 'named') {
          answers.set('POST named', 200)
          await send(name, 3)
          answers.set('POST named', 401)
        }
      }
    for (const name of ['stock', 'named']) await until(`the warning of ${name}`, () => incidentOf(name))
    expect(await isKnown('webhook_endpoint_deliveries_total', 'named')).to.equal(4)
    answers.clear()
    await send('named', 4, { headers })
    expect((await closed('named')).lossWindow.untilProof).to.equal('delivery')
  })
})

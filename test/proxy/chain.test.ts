import { expect } from 'chai'
import { HOOK_SECRET, type HookReceiver, hookReceiver } from '../support/hook-receiver.ts'
import { scrape, sum } from '../support/http.ts'
import { abandonPlatforms, startPlatform } from '../support/platform.ts'
import { startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

const URL_REPORTED = 'https://shop.example/hooks/orders'
const GAVE_UP = /gave up|given up|gives up|will not retry|does not retry|lost deliveries/i

const PLATFORM = 'a-secret-of-the-platform'
const HANGS = 0
const BREAKS_OFF = -1

/** The chain of `npm run test:chain` in short, with a hook in the place of Prometheus and Alertmanager. */
describe('an early warning, from the fault to the recovery', function () {
  this.timeout(60_000)
  let app: Listening
  let hook: HookReceiver
  let status = 204
  beforeEach(async () => {
    status = 204
    app = await http((request, response) =>
      request.resume().once('end', () => {
        if (status === HANGS) return
        if (status === BREAKS_OFF)
          response.writeHead(200, { 'Content-Length': 9 }).write('some', () => response.destroy())
        else response.writeHead(status).end()
      }),
    )
    hook = await hookReceiver()
  })
  afterEach(async () => {
    abandonPlatforms()
    await stopServices()
    await app.close()
    await hook.close()
  })

  /** @param pauses milliseconds before the platform's repetitions */
  async function start(pauses: readonly number[]) {
    const service = await startService({
      env: { HOOK_SECRET, PLATFORM },
      config: {
        endpoints: [{ name: 'orders', urls: [URL_REPORTED], probe: { onReport: false } }],
        incidents: { quietTime: '1s', goodProbes: 3 },
        outbound: { allow: ['127.0.0.1'] },
        hooks: [
          {
            name: 'pager',
            url: hook.url,
            events: ['incident.opened', 'incident.reopened', 'incident.closed'],
            secret: { env: 'HOOK_SECRET' },
          },
        ],
        proxy: {
          port: 0,
          routes: [
            {
              endpoint: 'orders',
              path: '/hooks/orders',
              upstream: `http://127.0.0.1:${app.port}`,
              platform: { header: 'X-Platform', secrets: [{ env: 'PLATFORM' }] },
            },
          ],
        },
      },
    })
    const { port } = service.log().find(({ listener }) => listener === 'proxy') as { port: number }
    const platform = startPlatform({
      origin: `http://127.0.0.1:${port}`,
      path: '/hooks/orders',
      headers: { 'X-Platform': PLATFORM },
      pace: 20,
      pauses,
      patience: 500,
      reportTo: () => ({ ingest: service.ingest, endpoint: URL_REPORTED }),
    })
    await until('good deliveries', () => platform.succeededAt.length > 20)
    const notified = (type: string) =>
      until(`the event ${type}`, () => hook.events.find(({ body }) => body.type === `webhook.${type}`))
    const words = async (id: string) => {
      const asked = [
        ['/', 'text/html'],
        [`/incidents/${id}`, 'text/html'],
        [`/api/v1/incidents/${id}`, 'text/plain'],
        [`/api/v1/incidents/${id}`, 'application/json'],
      ] as const
      let texts = service.stdout.join('\n')
      for (const [path, accept] of asked)
        texts += await (await fetch(`${service.admin}${path}`, { headers: { accept } })).text()
      return texts
    }
    return { service, platform, notified, words }
  }

  it('is notified before the platform’s first error webhook; deliveries alone close the incident', async () => {
    const { service, platform, notified, words } = await start([1_000, 1_000])
    const faultAt = Date.now()
    status = 503
    const opened = await notified('incident.opened')
    const notifiedAt = Date.now()
    expect(opened.body.data).to.deep.include({ endpoint: 'orders', failures: 0, sources: ['proxy'] })
    expect(opened.text).not.to.match(GAVE_UP)
    expect(await words(opened.body.data.id)).not.to.match(GAVE_UP)
    expect(platform.givenUp).to.deep.equal([])
    const { reportedAt } = await until('the first error webhook', () => platform.givenUp[0])
    expect(reportedAt).to.be.above(notifiedAt)
    const fixedAt = Date.now()
    status = 204
    const { data: closed } = (await notified('incident.closed')).body
    await platform.stop()
    expect(closed).to.deep.include({ id: opened.body.data.id, resolution: 'proven', reopened: 0 })
    expect(closed.sources).to.deep.equal(['proxy', 'retm'])
    expect(closed.failures).to.equal(platform.givenUp.length)
    expect(closed.lossWindow).to.include({ fromProof: 'delivery', untilProof: 'delivery' })
    expect(Date.parse(closed.lossWindow.from)).to.be.within(faultAt - 2_000, faultAt + 200)
    expect(Date.parse(closed.lossWindow.until)).to.be.at.least(fixedAt - 200)
    for (const { firstAttemptAt, lastAttemptAt } of platform.givenUp) {
      expect(firstAttemptAt).to.be.at.least(Date.parse(closed.lossWindow.from) - 200)
      expect(lastAttemptAt).to.be.at.most(Date.parse(closed.lossWindow.until) + 200)
    }
    expect(sum(await scrape(service.admin), 'webhook_endpoint_probes_total'), 'probes').to.equal(0)
  })

  it('never speaks of a lost delivery if the application recovers in time', async () => {
    const { platform, notified, words } = await start([3_000, 3_000])
    status = 503
    const opened = await notified('incident.opened')
    status = 204
    const closed = await notified('incident.closed')
    await platform.stop()
    expect(platform.givenUp).to.deep.equal([])
    expect(closed.body.data).to.include({ id: opened.body.data.id, failures: 0, resolution: 'proven' })
    const said = [...hook.events.map(({ text }) => text), await words(opened.body.data.id)].join('\n')
    expect(said).not.to.match(GAVE_UP)
  })

  for (const [what, fault, cause, words] of [
    ['the platform disconnects before the answer', HANGS, 'timeout', /the platform disconnected before the answer/],
    ['answers break off', BREAKS_OFF, 'connection_reset', /the answer broke off before it was complete/],
  ] as const) {
    it(`names the cause where ${what}`, async () => {
      const { notified, words: said } = await start([60_000])
      status = fault
      const { id, cause: named } = (await notified('incident.opened')).body.data
      status = 204
      expect(named).to.equal(cause)
      expect(await said(id))
        .to.match(words)
        .and.not.match(GAVE_UP)
    })
  }
})

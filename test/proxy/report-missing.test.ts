import { expect } from 'chai'
import { unitTest } from '../rules/promtool.ts'
import { seriesOf } from '../rules/scraped.ts'
import { report, scrape, sum } from '../support/http.ts'
import { abandonPlatforms, startPlatform } from '../support/platform.ts'
import { startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

const ALERT = 'WebhookReportMissing'
const urlOf = (name: string) => `https://shop.example/hooks/${name}`

describe('a report that is missing', function () {
  this.timeout(60_000)
  let app: Listening
  let status = 500
  before(async () => {
    app = await http((request, response) => request.resume().once('end', () => response.writeHead(status).end()))
  })
  afterEach(async () => {
    abandonPlatforms()
    await stopServices()
  })
  after(() => app.close())

  /** What promtool says of the alert if Prometheus scrapes this for three minutes. */
  async function alerted(context: Mocha.Context, metrics: string): Promise<string> {
    const { text } = await unitTest(context, {
      files: ['endpoints.yaml'],
      series: seriesOf(metrics, 13),
      keep: (rule) => rule.record !== undefined || rule.alert === ALERT,
      alerts: [{ at: '3m', alert: ALERT }],
    })
    return /got:\[([\s\S]*)\]/.exec(text)?.[1]?.trim() ?? ''
  }

  it('alerts once the platform must have given up and its error webhook has not come, until it does or deliveries succeed', async function () {
    const names = ['orders', 'menu', 'calm']
    const service = await startService({
      config: {
        endpoints: names.map((name) => ({ name, team: 'sales', urls: [urlOf(name)], probe: { onReport: false } })),
        proxy: {
          port: 0,
          routes: names.map((endpoint) => ({
            endpoint,
            path: `/hooks/${endpoint}`,
            upstream: `http://127.0.0.1:${app.port}`,
            patience: '500ms',
            ...(endpoint !== 'calm' && { giveUpAfter: '1500ms' }),
          })),
        },
      },
    })
    const { port } = service.log().find(({ listener }) => listener === 'proxy') as { port: number }
    const isOverdue = async (name: string) =>
      sum(await scrape(service.admin), 'webhook_endpoint_report_overdue', `endpoint="${name}"`) === 1
    const before = await scrape(service.admin)
    for (const name of ['orders', 'menu']) expect(before).to.include(`report_overdue{endpoint="${name}"} 0\n`)
    expect(before, 'without giveUpAfter').not.to.include('report_overdue{endpoint="calm"}')

    // The error webhook of menu works, that of orders is not configured.
    const platforms = names.map((name) =>
      startPlatform({
        origin: `http://127.0.0.1:${port}`,
        path: `/hooks/${name}`,
        pace: 100,
        pauses: [400, 400],
        reportTo: () => (name === 'menu' ? { ingest: service.ingest, endpoint: urlOf(name) } : undefined),
      }),
    )
    await until('a report that is overdue', () => isOverdue('orders'))
    const metrics = await scrape(service.admin)
    expect(await isOverdue('menu'), 'reported').to.equal(false)
    const alert = await alerted(this, metrics)
    expect(alert).to.match(/endpoint="orders".*severity="warning".*team="sales"/)
    expect(alert)
      .to.include('Deliveries to orders failed for so long that the platform must have given up')
      .and.not.include('menu')

    expect((await report(service.ingest, { code: 500, endpoint: urlOf('orders'), message: '' })).status).to.equal(202)
    const reported = await until(
      'the report to count',
      async () => !(await isOverdue('orders')) && scrape(service.admin),
    )
    expect(await alerted(this, reported)).to.equal('')

    await until('the next report to be overdue', () => isOverdue('orders'))
    status = 204
    await until('a success to count', async () => !(await isOverdue('orders')))
    await Promise.all(platforms.map((platform) => platform.stop()))
  })
})

import { expect } from 'chai'
import { askAll } from '../preview/audit.ts'
import { readDashboard, unfolded } from '../preview/grafana-model.ts'
import { answer, report, scrape, sum } from '../support/http.ts'
import { startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { type Prometheus, startPrometheus } from '../support/prometheus.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { freePort, tempFolder, until } from '../support/temp.ts'
import { number, panel, sceneOf, table, totals } from './week.ts'

const ENDPOINTS = ['orders', 'menu'] as const
type Counts = Readonly<Partial<Record<(typeof ENDPOINTS)[number], number>>>
const METRIC = 'webhook_delivery_failures_total'

describe('panels of lost deliveries, asked of a real Prometheus while services restart', function () {
  this.timeout(90_000)
  let prometheus: Prometheus | undefined
  afterEach(async () => {
    await prometheus?.stop()
    await stopServices()
    await stopPostgres()
  })

  /** Three addresses that Prometheus scrapes, and services that come and go there. */
  async function stage(context: Mocha.Context, journal: (index: number) => object) {
    const ports = await Promise.all([freePort(), freePort(), freePort()])
    prometheus = await startPrometheus(context, {
      scrape: [
        {
          job_name: 'webhook-errors',
          static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`), labels: { namespace: 'shop' } }],
        },
      ],
    })
    const seen = async (query: string) => (await prometheus!.query(query))[0]?.value
    const start = (index: number) =>
      startService({
        config: {
          sources: { retm: { auth: 'none' } },
          admin: { port: ports[index] },
          journal: journal(index),
          endpoints: ENDPOINTS.map((name) => ({ name, urls: [`https://shop.example/${name}`] })),
        },
      })
    return {
      start,
      /** Reports failures, and waits until they have been scraped. */
      async lose({ ingest, admin }: Service, index: number, counts: Counts) {
        for (const [name, count] of Object.entries(counts))
          for (let sent = 0; sent < count; sent++) {
            const of = { code: 503, endpoint: `https://shop.example/${name}`, message: 'Service Unavailable' }
            expect((await answer(report(ingest, of))).status).to.equal(202)
          }
        const counted = sum(await scrape(admin), METRIC)
        const target = `instance="127.0.0.1:${ports[index]}"`
        await until('a scrape', async () => (await seen(`sum(${METRIC}{${target}})`)) === counted)
      },
      /** What the panels show of the time since then. */
      async shown(from: number) {
        const range = { from, to: Date.now() / 1_000 }
        const of = { prometheus: prometheus! } as Parameters<typeof sceneOf>[0]
        const overview = await askAll(unfolded(readDashboard('overview')), {
          ...sceneOf(of, {}, range),
          scrapeInterval: 0.25,
        })
        const { rows } = table(overview, 'Endpoints')
        return {
          rows: Object.fromEntries(rows.map((row) => [row['endpoint'], row['Value #A']])),
          endpoints: totals(panel(overview, 'Lost deliveries by endpoint').answers),
          causes: totals(panel(overview, 'Lost deliveries by cause').answers),
          hour: number(overview, 'Lost deliveries, last hour'),
        }
      },
    }
  }
  /** Seconds. Grafana rounds the length of a range to seconds, so what came before is farther away than one. */
  const moment = async () => {
    await new Promise((done) => setTimeout(done, 1_000))
    return Date.now() / 1_000
  }
  const same = (counts: Readonly<Record<string, number>>) => {
    const all = Object.values(counts).reduce((total, count) => total + count, 0)
    return { rows: counts, endpoints: counts, causes: { unavailable: all }, hour: all }
  }

  it('count what replicas that share PostgreSQL counted, each from 0', async function () {
    await requirePostgres(this)
    const url = await (await startPostgres()).createDatabase()
    const { start, lose, shown } = await stage(this, () => ({ url }))
    const from = Date.now() / 1_000 - 600
    const [first, second] = [await start(0), await start(1)]
    await lose(first, 0, { orders: 5, menu: 1 })
    await lose(second, 1, { orders: 4 })
    expect(await shown(from)).to.deep.equal(same({ orders: 9, menu: 1 }))
    const middle = await moment()
    // One is replaced by a pod with another address; the other is killed, and outgrows what it was.
    await second.stop()
    await lose(await start(2), 2, { menu: 2 })
    await first.stop('SIGKILL')
    const again = await start(0)
    await lose(again, 0, {})
    await lose(again, 0, { orders: 8 })
    expect((await shown(middle)).rows).to.deep.equal({ orders: 8, menu: 2 })
    const all = await shown(from)
    expect(all.rows).to.deep.equal({ orders: 17, menu: 3 })
    expect(all.hour).to.equal(20)
  })

  it('count what one process after another counted in a SQLite file, and no restored total', async function () {
    const url = `sqlite:${tempFolder()}/journal.db`
    const { start, lose, shown } = await stage(this, () => ({ url }))
    const from = Date.now() / 1_000 - 600
    const first = await start(0)
    await lose(first, 0, { orders: 5, menu: 1 })
    await first.stop('SIGKILL')
    const middle = await moment()
    await lose(await start(1), 1, { orders: 2 })
    expect(await shown(from)).to.deep.equal(same({ orders: 7, menu: 1 }))
    // A range that begins so lately may hold one scrape yet, and nothing is counted from one.
    const since = await until('two scrapes', async () => {
      const { rows } = await shown(middle)
      return rows['menu'] !== undefined && rows
    })
    expect(since).to.deep.equal({ orders: 2, menu: 0 })
  })
})

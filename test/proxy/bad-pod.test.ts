import { expect } from 'chai'
import { scrape, sum } from '../support/http.ts'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { deliver } from '../support/proxy-stage.ts'
import { startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

/** Long enough that each replica writes once per second. */
const QUIET_TIME = 4_000
/** Deliveries per second to each replica. */
const RATE = 50

describe('three replicas of the proxy, one of them in front of a bad pod', function () {
  this.timeout(90_000)
  let server: PostgresServer
  let database: string
  const apps: Listening[] = []
  let status = 204
  let timer: NodeJS.Timeout | undefined
  before(async function () {
    await requirePostgres(this)
    server = await startPostgres()
    database = await server.createDatabase()
    for (const isBad of [false, false, true])
      apps.push(
        await http((request, response) =>
          request.resume().once('end', () => response.writeHead(isBad ? status : 204).end()),
        ),
      )
  })
  after(async () => {
    clearInterval(timer)
    await stopServices()
    await stopPostgres()
    for (const app of apps) await app.close()
  })

  const sql = (text: string) => server.query(text, new URL(database).pathname.slice(1))
  /** Rows of every table of the journal but that of the endpoints. */
  async function rows(): Promise<Record<string, number>> {
    const tables = await sql(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'webhook_errors' ORDER BY 1`)
    const counts: Record<string, number> = {}
    for (const { name } of tables)
      if (name !== 'endpoints')
        counts[name] = Number((await sql(`SELECT count(*) AS rows FROM webhook_errors."${name}"`))[0].rows)
    return counts
  }
  const endpoint = async () => (await sql('SELECT version, delivered FROM webhook_errors.endpoints'))[0]

  it('write successes at most once per second and add no row; the bad pod neither makes it flap nor ends the window', async () => {
    const services = await Promise.all(
      apps.map((app) =>
        startService({
          env: { JOURNAL_URL: database },
          config: {
            endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'], probe: { onReport: false } }],
            incidents: { quietTime: `${QUIET_TIME}ms`, goodProbes: 3 },
            proxy: {
              port: 0,
              routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream: `http://127.0.0.1:${app.port}` }],
            },
          },
        }),
      ),
    )
    const origins = services.map(
      (service) => `http://127.0.0.1:${service.log().find(({ listener }) => listener === 'proxy')!['port']}`,
    )
    const metrics = () => Promise.all(services.map(({ admin }) => scrape(admin)))
    const isOpen = async () => (await metrics()).map((text) => sum(text, 'webhook_incident_open'))
    // biome-ignore lint/suspicious/noExplicitAny: a parsed answer is looked at field by field
    const incidents = async (): Promise<any[]> => {
      const response = await fetch(`${services[0]!.admin}/api/v1/incidents`)
      const { incidents: found } = JSON.parse(await response.text())
      return found
    }

    let lastBadAt = 0
    timer = setInterval(() => {
      for (const [index, origin] of origins.entries())
        void deliver(origin).then((answer) => {
          if (answer?.status === 500) lastBadAt = Math.max(lastBadAt, Date.now())
          else if (index !== 2) expect(answer?.status).to.equal(204)
        })
    }, 1_000 / RATE)
    await until('the first success to be stored', async () => (await endpoint())?.delivered.length > 2)

    // Under load, each replica updates one row at most once per second.
    const [before, from, start] = [await rows(), Number((await endpoint()).version), performance.now()]
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const [written, seconds] = [Number((await endpoint()).version) - from, (performance.now() - start) / 1_000]
    expect(written, 'updates of the endpoint').to.be.within(1, services.length * (Math.ceil(seconds) + 1))
    expect(await rows(), 'rows').to.deep.equal(before)

    status = 500
    await until('all replicas to know the incident', async () => (await isOpen()).every((open) => open === 1))
    const opened = await incidents()
    expect(opened).to.have.length(1)
    // Meanwhile two pods of three deliver a hundred times per second.
    const end = performance.now() + 1.5 * QUIET_TIME
    while (performance.now() < end) {
      expect(await isOpen()).to.deep.equal([1, 1, 1])
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    expect(await incidents()).to.have.length(1)
    const [open] = await incidents()
    expect(open).to.deep.include({ id: opened[0].id, state: 'open', failures: 0, reopened: 0, sources: ['proxy'] })
    expect(open.lossWindow.until).to.equal(null)

    status = 204
    await until('the end', async () => (await incidents())[0].closedAt !== null)
    clearInterval(timer)
    const [closed, ...others] = await incidents()
    expect(others).to.deep.equal([])
    expect(closed).to.include({ resolution: 'proven', reopened: 0, failures: 0 })
    expect(closed.lossWindow).to.include({ fromProof: 'delivery', untilProof: 'delivery' })
    expect(Date.parse(closed.lossWindow.until)).to.be.within(lastBadAt - 1_500, lastBadAt + 1_500)
  })
})

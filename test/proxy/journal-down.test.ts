import { expect } from 'chai'
import { faultyDisk } from '../support/faulty-disk.ts'
import { report, scrape, sum } from '../support/http.ts'
import { startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { deliver } from '../support/proxy-stage.ts'
import { type ServiceOptions, startService, stopServices } from '../support/service.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

/** `npm run test:proxy` takes longer, and 200 deliveries per second. */
const RATE = Number(process.env['PROXY_RATE'] ?? 50)
/** Milliseconds before, in, and after the outage. */
const PHASE = Math.max(1_500, Number(process.env['PROXY_SECONDS'] ?? 0) * 250)
/** Milliseconds after which the ingest listener no longer waits for the journal: what waited for it would take longer. */
const ANSWER_TIMEOUT = 900

const IS_LONG = process.env['PROXY_SECONDS'] !== undefined

type Phase = 'before' | 'outage' | 'after'
interface Outage {
  begin(): unknown
  end(): unknown
}

describe('the proxy while the journal is down', function () {
  this.timeout(PHASE * 3 + 90_000)
  let app: Listening
  const received = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  beforeEach(async () => {
    received.clear()
    app = await http((request, response) => {
      const id = String(request.headers['webhook-id'])
      received.set(id, (received.get(id) ?? 0) + 1)
      request.resume().once('end', () => response.writeHead(request.url === '/hooks/menu' ? 500 : 204).end())
    })
  })
  afterEach(async () => {
    clearInterval(timer)
    await stopServices()
    await app.close()
  })
  after(stopPostgres)

  /** Deliveries to an application that takes them, and to one that fails: their failures have to be written. */
  async function run(outage: Outage, options: Pick<ServiceOptions, 'env'>): Promise<void> {
    const names = ['orders', 'menu'] as const
    const service = await startService({
      ...options,
      config: {
        ingest: { answerTimeout: `${ANSWER_TIMEOUT}ms` },
        endpoints: names.map((name) => ({ name, urls: [`https://shop.example/hooks/${name}`] })),
        proxy: {
          port: 0,
          routes: names.map((endpoint) => ({
            endpoint,
            path: `/hooks/${endpoint}`,
            upstream: `http://127.0.0.1:${app.port}`,
            retry: endpoint === 'orders' ? 'safe' : 'none',
          })),
        },
      },
    })
    const { port } = service.log().find(({ listener }) => listener === 'proxy') as { port: number }
    const origin = `http://127.0.0.1:${port}`
    const journalUp = async () => sum(await scrape(service.admin), 'webhook_exporter_journal_up')
    const isOpen = async () => sum(await scrape(service.admin), 'webhook_incident_open', 'endpoint="menu"') === 1
    await until('the journal', async () => (await journalUp()) === 1)

    let phase: Phase = 'before'
    const took: Record<Phase, number[]> = { before: [], outage: [], after: [] }
    const wrong: string[] = []
    const pending: Promise<void>[] = []
    const send = async (name: (typeof names)[number], id: string) => {
      const began = performance.now()
      const from = phase
      const path = `/hooks/${name}`
      const status = (await deliver(origin, { path, headers: { 'webhook-id': id } }))?.status
      // One that began before the outage, or ended after it, met it too.
      took[from === phase ? from : 'outage'].push(performance.now() - began)
      if (status !== (name === 'menu' ? 500 : 204)) wrong.push(`${id}: ${status}`)
    }
    let sent = 0
    timer = setInterval(() => {
      const name = sent % 5 === 0 && phase !== 'before' ? 'menu' : 'orders'
      pending.push(send(name, `${name} ${sent++}`))
    }, 1_000 / RATE)

    const pause = () => new Promise((resolve) => setTimeout(resolve, PHASE))
    await pause()
    phase = 'outage'
    await outage.begin()
    expect((await report(service.ingest)).status, 'a report in the outage').to.equal(503)
    await pause()
    expect((await report(service.ingest)).status, 'a report in the outage').to.equal(503)
    expect(await isOpen(), 'an incident without a journal').to.equal(false)
    await outage.end()
    await until('the journal', async () => (await journalUp()) === 1)
    phase = 'after'
    await until('the early warning', isOpen)
    await pause()
    clearInterval(timer)
    await Promise.all(pending)

    expect(wrong, 'lost').to.deep.equal([])
    expect(received.size).to.equal(sent)
    expect(
      [...received.values()].filter((count) => count > 1),
      'duplicated',
    ).to.deep.equal([])
    for (const of of Object.keys(took) as Phase[]) console.log(`      ${of.padEnd(6)} ${figures(took[of])}`)
    expect(Math.max(...took.outage), 'the slowest delivery in the outage, ms').to.be.below(ANSWER_TIMEOUT)
    await until(
      'every delivery to be counted',
      async () => sum(await scrape(service.admin), 'webhook_endpoint_deliveries_total') === sent,
    )
  }

  for (const how of IS_LONG ? (['fail', 'hang'] as const) : (['fail'] as const)) {
    it(`loses and delays no delivery while every fsync of the SQLite file ${how === 'fail' ? 'fails' : 'hangs'}`, async function () {
      const disk = await faultyDisk(this)
      await run({ begin: disk[how], end: disk.release }, { env: disk.env })
    })
  }

  it('loses and delays no delivery when PostgreSQL is killed with kill -9', async function () {
    await requirePostgres(this)
    const server = await startPostgres()
    const env = { JOURNAL_URL: await server.createDatabase() }
    await run({ begin: server.kill, end: server.start }, { env })
  })
})

function figures(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)
  return `${sorted.length} deliveries, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms`
}

import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { REPORT, report, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { http } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { databases } from './postgres-databases.ts'

interface Readiness {
  readonly ready: boolean
  readonly conditions: readonly {
    readonly name: string
    readonly ok: boolean
    readonly detail: string
    readonly since?: string
  }[]
}

const readiness = async ({ admin }: Service): Promise<{ status: number; body: Readiness }> => {
  const response = await fetch(`${admin}/readyz`)
  return { status: response.status, body: (await response.json()) as Readiness }
}
const isReady = (service: Service): Promise<boolean> =>
  readiness(service).then(
    ({ status }) => status === 200,
    () => false,
  )

describe('the service with a PostgreSQL journal', () => {
  const base = databases()
  const start = (config: Record<string, unknown> = {}) =>
    startService({ config, env: { JOURNAL_URL: base.url, LOG_LEVEL: 'info' } })

  afterEach(stopServices)

  it('says 503 with Retry-After and is unready while the database is unreachable, and stays healthy otherwise', async function () {
    this.timeout(60_000)
    const service = await start()
    expect((await report(service.ingest, REPORT)).status).to.equal(202)
    expect((await readiness(service)).status).to.equal(200)
    await base.server.stop('immediate')
    const refused = await report(service.ingest, REPORT)
    expect(refused.status).to.equal(503)
    expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60)
    await until('readiness to go', async () => !(await isReady(service)))
    const { body } = await readiness(service)
    const condition = body.conditions.find(({ name }) => name === 'journal')
    expect(condition).to.include({ ok: false })
    expect(condition?.detail).to.include('is tried again')
    expect(Date.parse(condition!.since!)).to.be.within(Date.now() - 60_000, Date.now())
    expect((await fetch(`${service.admin}/healthz`)).status).to.equal(200)
    expect(sum(await scrape(service.admin), 'webhook_exporter_journal_up')).to.equal(0)
    await base.server.start()
    await until('readiness to come back', () => isReady(service))
    expect((await report(service.ingest, REPORT)).status).to.equal(202)
    const rows = await base.sql('SELECT count(*)::int AS n FROM webhook_errors.failures')
    expect(sum(await scrape(service.admin), 'webhook_delivery_failures_total')).to.equal(rows[0].n)
  })

  it('starts without a database, and goes on when there is one', async function () {
    this.timeout(60_000)
    await base.server.stop('immediate')
    const service = await start()
    expect((await report(service.ingest, REPORT)).status).to.equal(503)
    expect((await readiness(service)).status).to.equal(503)
    await base.server.start()
    await until('readiness', () => isReady(service))
    expect((await report(service.ingest, REPORT)).status).to.equal(202)
    expect((await service.stop()).code).to.equal(0)
  })

  it('shows what one replica met in the others, at 0, and work of one in one place', async function () {
    this.timeout(180_000)
    // It answers: a refused connection alone does not prove that the endpoint is down.
    const shop = await http((_, response) => response.writeHead(503).end())
    const endpoint = `http://127.0.0.1:${shop.port}/orders`
    const config = {
      endpoints: [{ name: 'orders', urls: [endpoint], probe: { interval: '10s' } }],
      outbound: { allow: ['127.0.0.0/8'] },
    }
    const [first, second] = [await start(config), await start(config)]
    expect((await report(first.ingest, { ...REPORT, endpoint, code: 500 })).status).to.equal(202)
    const valueIn = (text: string, metric: string) => {
      const line = text
        .split('\n')
        .find((it) => it.startsWith(`${metric}{`) && it.includes('endpoint="orders"') && it.includes('code="500"'))
      return line === undefined ? undefined : Number(line.split(' ').at(-1))
    }
    const text = await until('the other replica to show it', async () => {
      const shown = await scrape(second.admin)
      return (
        valueIn(shown, 'webhook_delivery_failures_total') === 0 && sum(shown, 'webhook_incident_open') === 1 && shown
      )
    })
    expect(valueIn(text, 'webhook_delivery_last_failure_timestamp_seconds')).to.be.greaterThan(Date.now() / 1_000 - 60)
    expect((await report(second.ingest, { ...REPORT, endpoint, code: 500 })).status).to.equal(202)
    const counts = await Promise.all(
      [first, second].map(async ({ admin }) => valueIn(await scrape(admin), 'webhook_delivery_failures_total')),
    )
    expect(counts).to.deep.equal([1, 1])

    const isProbing = async ({ admin }: Service) => (await scrape(admin)).includes('webhook_endpoint_up{')
    // A slow machine can cost the first replica its lease: either may be the leader.
    const leader = await until(
      'one to probe',
      async () => ((await isProbing(first)) && first) || ((await isProbing(second)) && second),
      60_000,
    )
    const other = leader === first ? second : first
    expect(await isProbing(other)).to.equal(false)
    await leader.stop()
    await until('the other to probe', () => isProbing(other), 60_000)
    await shop.close()
  })

  it('loses nothing while three replicas are rolled one by one under load, and one is always ready', async function () {
    this.timeout(180_000)
    const replicas = [await start(), await start(), await start()]
    await until('all to be ready', async () => (await Promise.all(replicas.map(isReady))).every(Boolean))
    let ready = [...replicas]
    let fewest = replicas.length
    let done = false
    // What a Kubernetes Service does: reports go to the ready ones.
    const watching = (async () => {
      while (!done) {
        const states = await Promise.all(replicas.map(isReady))
        ready = replicas.filter((_, index) => states[index])
        fewest = Math.min(fewest, ready.length)
        await sleep(50)
      }
    })()
    const acknowledged = new Set<string>()
    const statuses = new Map<number, number>()
    let broken = 0
    const sender = async (number: number) => {
      for (let count = 0; !done; count++) {
        const target = ready[count % ready.length]
        if (!target) continue
        try {
          const response = await report(target.ingest, {
            ...REPORT,
            endpoint: `https://shop-${number % 5}.example/hook`,
          })
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
          const body = (await response.json()) as { id: string }
          if (response.status === 202) acknowledged.add(body.id)
        } catch {
          // Between readiness and the end of a replica a connection may be refused: no answer, no promise.
          broken++
        }
      }
    }
    const senders = Array.from({ length: 8 }, (_, number) => sender(number))
    for (const old of [...replicas]) {
      const next = await start()
      await until('the new one to be ready', () => isReady(next))
      replicas.push(next)
      await sleep(200)
      expect((await old.stop()).code).to.equal(0)
      replicas.splice(replicas.indexOf(old), 1)
    }
    done = true
    await Promise.all([...senders, watching])
    const rows = await base.sql('SELECT id FROM webhook_errors.failures')
    const there = new Set(rows.map(({ id }) => id))
    const lost = [...acknowledged].filter((id) => !there.has(id)).length
    console.log(
      `      rolled: 3 replicas, ${acknowledged.size} acknowledged, ${acknowledged.size - lost} found, ${lost} lost, answers ${JSON.stringify([...statuses])}, ${broken} connections refused, at least ${fewest} ready`,
    )
    expect(lost).to.equal(0)
    expect([...statuses.keys()].filter((status) => status !== 202 && status !== 503)).to.deep.equal([])
    expect(fewest).to.be.at.least(1)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { scrape, sum } from '../support/http.ts'
import { startKilledApp } from '../support/killed-app.ts'
import { deliver } from '../support/proxy-stage.ts'
import { startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

/** `npm run test:proxy` takes longer, and 200 deliveries per second in each case. */
const SECONDS = Number(process.env['PROXY_SECONDS'] ?? 5)
const RATE = Number(process.env['PROXY_RATE'] ?? 60)
/** Milliseconds that a platform waits for an answer. */
const PLATFORM_PATIENCE = 3_000

const CASES = ['without', 'none', 'safe', 'idempotent'] as const
interface Figures {
  sent: number
  lost: number
  duplicated: number
}

describe('the proxy and an application that is killed again and again', () => {
  afterEach(stopServices)

  it('saves with safe what never reached it, with idempotent next to everything, and repeats with none and safe nothing', async function () {
    this.timeout((SECONDS + 60) * 1_000)
    const app = await startKilledApp()
    const service = await startService({
      config: {
        endpoints: CASES.slice(1).map((name) => ({ name, urls: [`https://shop.example/${name}`] })),
        proxy: {
          port: 0,
          routes: CASES.slice(1).map((name) => ({
            endpoint: name,
            path: `/${name}`,
            upstream: `http://127.0.0.1:${app.port}`,
            retry: name,
          })),
        },
      },
    })
    const { port } = service.log().find(({ listener }) => listener === 'proxy') as { port: number }
    const figures = Object.fromEntries(CASES.map((name) => [name, { sent: 0, lost: 0, duplicated: 0 }])) as Record<
      (typeof CASES)[number],
      Figures
    >
    const deliveries: Promise<void>[] = []
    const send = async (name: (typeof CASES)[number], number: number) => {
      figures[name].sent += 1
      const origin = `http://127.0.0.1:${name === 'without' ? app.port : port}`
      const answer = await deliver(origin, {
        path: `/${name}`,
        body: `${name} ${number}`,
        signal: AbortSignal.timeout(PLATFORM_PATIENCE),
      })
      if (answer?.status !== 200) figures[name].lost += 1
    }

    const started = performance.now()
    const isOver = () => performance.now() - started > SECONDS * 1_000
    const kills = (async () => {
      // 250 ms every 2 s, and 600 ms every 10 s.
      for (let kill = 1; ; kill++) {
        await sleep(1_000)
        if (isOver()) return
        await app.kill(kill % 5 === 0 ? 600 : 250)
        await sleep(Math.max(0, started + kill * 2_000 - performance.now()))
      }
    })()
    for (let number = 0; !isOver(); number++) {
      for (const name of CASES) deliveries.push(send(name, number))
      await sleep(Math.max(0, started + ((number + 1) * 1_000) / RATE - performance.now()))
    }
    await Promise.all([kills, ...deliveries])
    for (const [body, count] of app.requests())
      if (count > 1) figures[body.split(' ')[0] as (typeof CASES)[number]].duplicated += 1
    app.stop()
    console.table(figures)

    const { without, none, safe, idempotent } = figures
    expect(without.lost).to.be.above(0)
    expect(none.lost).to.be.above(0)
    expect(none.duplicated + safe.duplicated, 'duplicated').to.equal(0)
    expect(safe.lost, 'lost with safe').to.be.at.most(none.lost / 2)
    expect(idempotent.lost, 'lost with idempotent').to.be.at.most(Math.max(1, none.lost / 50))
    const counted = async (...pieces: string[]) =>
      sum(await scrape(service.admin), 'webhook_endpoint_deliveries_total', ...pieces)
    await until(
      'every delivery to be counted',
      async () => (await counted()) === none.sent + safe.sent + idempotent.sent,
    )
    expect(await counted('result="failure"')).to.equal(none.lost + safe.lost + idempotent.lost)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type HookReceiver, hookReceiver } from '../support/hook-receiver.ts'
import { startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { type Service, stopServices } from '../support/service.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/temp.ts'
import { change, startWithHook } from './outbox-stage.ts'

/** `npm run test:hooks` sets 20. */
const PAUSES = Number(process.env['HOOK_PAUSES'] ?? 1)
/** Milliseconds that the network adds in each direction of the database: time for the other replica to record what this one has read. */
const DELAY = 25

describe(`hooks and a leader that is stopped for longer than its lease, ${PAUSES} times`, function () {
  this.timeout(60_000 + PAUSES * 60_000)
  const proxies: TcpProxy[] = []
  let receiver: HookReceiver
  after(async () => {
    await stopServices()
    for (const proxy of proxies) await proxy.close()
    await receiver?.close()
    await stopPostgres()
  })

  it('sends no event again after its 2xx was recorded', async function () {
    await requirePostgres(this)
    const server = await startPostgres()
    const url = await server.createDatabase()
    const database = /test_\w+/.exec(url)![0]
    const arrivals: { readonly id: string; readonly at: number }[] = []
    receiver = await hookReceiver(async ({ id }) => {
      arrivals.push({ id, at: Date.now() })
      await sleep(Math.random() * 30)
      return 202
    })
    const services: Service[] = []
    while (services.length < 2) {
      const proxy = await tcpProxy(server.port)
      proxy.delay = DELAY
      proxies.push(proxy)
      services.push(await startWithHook(url.replace(`:${server.port}/`, `:${proxy.port}/`), receiver.url))
    }
    // What was recorded, and when, by the database itself.
    await server.query(
      `CREATE TABLE recorded (id text, at timestamptz DEFAULT clock_timestamp());
       CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN INSERT INTO public.recorded (id) VALUES (OLD.id); RETURN OLD; END';
       CREATE TRIGGER removed AFTER DELETE ON webhook_errors.outbox FOR EACH ROW EXECUTE FUNCTION note()`,
      database,
    )
    const leader = async (): Promise<number> => {
      const [lease] = await server.query(
        `SELECT split_part(holder, '/', 2)::int AS pid FROM webhook_errors.leases WHERE expires_at > now()`,
        database,
      )
      return services.findIndex(({ pid }) => pid === lease?.['pid'])
    }
    const waiting = async () =>
      Number((await server.query('SELECT count(*) AS n FROM webhook_errors.outbox', database))[0]!['n'])
    let behind = 0
    const changing = services.map((service) => change(service, () => behind > 100))
    let isOver = false
    const measuring = (async () => {
      while (!isOver) {
        behind = await waiting()
        await sleep(50)
      }
    })()
    for (let round = 0; round < PAUSES; round++) {
      await until('a leader', async () => (await leader()) >= 0, 60_000)
      const paused = await leader()
      const { pid } = services[paused]!
      await sleep(Math.random() * 1_000)
      process.kill(pid, 'SIGSTOP')
      await until('the other to be the leader', async () => (await leader()) === 1 - paused, 60_000)
      const taken = arrivals.length
      await until('it to send some of what waits', () => arrivals.length > taken + 5, 60_000)
      process.kill(pid, 'SIGCONT')
      await sleep(1_000)
    }
    isOver = true
    await measuring
    const removed = await server.query('SELECT id, extract(epoch FROM at) * 1000 AS at FROM recorded', database)
    const recorded = new Map(removed.map((row) => [row['id'] as string, Number(row['at'])]))
    const late = arrivals.filter(({ id, at }) => at > (recorded.get(id) ?? Number.POSITIVE_INFINITY))
    const repeats = arrivals.length - new Set(arrivals.map(({ id }) => id)).size
    console.log(
      `      ${PAUSES} pauses, ${arrivals.length} events sent, ${recorded.size} recorded, ${repeats} repeated, ${late.length} of them after the record`,
    )
    expect(recorded.size).to.be.greaterThan(PAUSES * 5)
    expect(late).to.deep.equal([])
    await Promise.all(services.map((service) => service.stop('SIGKILL')))
    await Promise.all(changing)
  })
})

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type HookReceiver, hookReceiver } from '../support/hook-receiver.ts'
import { scrape, sum } from '../support/http.ts'
import { startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { type Service, stopServices } from '../support/service.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { auth, change, startWithHook } from './outbox-stage.ts'

/** `npm run test:hooks` sets 50. */
const ROUNDS = Number(process.env['HOOK_ROUNDS'] ?? 3)
/** The newest closing of each incident that was acknowledged, by its number. */
const closings = new Map<string, number>()

/** The place of an event in the life of its incident. */
function placeOf(id: string): { incident: string; place: number } {
  const [, incident = '', change, number] = /^(.{36})-(opened|reopened|closed)-(\d+)$/.exec(id)!
  return { incident, place: 2 * Number(number) - (change === 'opened' ? 2 : change === 'closed' ? 1 : 0) }
}

/** Every event that the incidents in the journal stand for. */
async function expected(service: Service): Promise<Set<string>> {
  const response = await fetch(`${service.admin}/api/v1/incidents?limit=100`, { headers: auth })
  const { incidents } = (await response.json()) as { incidents: { id: string; reopened: number; state: string }[] }
  const ids = new Set<string>()
  for (const { id, reopened, state } of incidents) {
    ids.add(`${id}-opened-1`)
    for (let number = 1; number <= reopened; number++) ids.add(`${id}-reopened-${number}`)
    for (let number = 1; number <= reopened + (state === 'closed' ? 1 : 0); number++) ids.add(`${id}-closed-${number}`)
  }
  return ids
}

describe(`hooks and kill -9, ${ROUNDS} rounds`, function () {
  this.timeout(120_000 + ROUNDS * 30_000)
  let receiver: HookReceiver
  beforeEach(async () => {
    // Every seventh attempt fails, and answers take their time.
    receiver = await hookReceiver(async (_, count) => {
      await sleep(Math.random() * 30)
      return count % 7 === 0 ? 503 : 202
    })
  })
  afterEach(async () => {
    await stopServices()
    await receiver.close()
  })
  after(async () => {
    await stopPostgres()
    removeTempFolders()
  })

  const start = (journal: string) => startWithHook(journal, receiver.url)

  /** @param replicas services that share the journal; each round kills one of them */
  async function rounds(what: string, journal: string, replicas: number): Promise<void> {
    closings.clear()
    // By what was acknowledged: what a kill cut off may never become an event.
    const isBehind = () => {
      const sent = new Map<string, number>()
      for (const { id } of receiver.events) {
        const [, incident, number] = /^(.{36})-closed-(\d+)$/.exec(id) ?? []
        if (incident) sent.set(incident, Math.max(Number(number), sent.get(incident) ?? 0))
      }
      return [...closings].reduce((sum, [id, number]) => sum + number - (sent.get(id) ?? 0), 0) > 30
    }
    const running = await Promise.all(Array.from({ length: replicas }, () => start(journal)))
    const changing = running.map((service) => change(service, isBehind, closings))
    for (let round = 0; round < ROUNDS; round++) {
      const before = receiver.events.length
      await until('events of this round', () => receiver.events.length > before + 5, 60_000)
      await sleep(Math.random() * 500)
      const victim = round % replicas
      await running[victim]!.stop('SIGKILL')
      await changing[victim]
      running[victim] = await start(journal)
      if (round < ROUNDS - 1) changing[victim] = change(running[victim]!, isBehind, closings)
    }
    for (const service of running.slice(1)) await service.stop('SIGKILL')
    // With one replica nothing changes any more; otherwise the first one is started again for that.
    if (replicas > 1) {
      await running[0]!.stop('SIGKILL')
      running[0] = await start(journal)
    }
    const [last] = running as [Service]
    await until(
      'the outbox to be empty',
      async () => {
        // To the end of the line: 0.7 is none.
        return /^webhook_hook_oldest_pending_seconds\{hook="all"\} 0$/m.test(await scrape(last.admin))
      },
      60_000 + ROUNDS * 5_000,
    )
    const wanted = await expected(last)
    const received = new Set(receiver.events.map(({ id }) => id))
    const lost = [...wanted].filter((id) => !received.has(id))
    const unknown = [...received].filter((id) => !wanted.has(id))
    const places = new Map<string, number>()
    let disordered = 0
    for (const { id } of receiver.events) {
      const { incident, place } = placeOf(id)
      if (place < (places.get(incident) ?? 0)) disordered++
      places.set(incident, Math.max(place, places.get(incident) ?? 0))
    }
    const repeats = receiver.events.length - received.size
    console.log(
      `      ${what}: ${ROUNDS} kills, ${wanted.size} events, ${lost.length} lost, ${disordered} out of order, ${repeats} repeated (${Math.floor(receiver.events.length / 7)} of them answered 503)`,
    )
    expect(lost, 'lost').to.deep.equal([])
    expect(unknown, 'never committed').to.deep.equal([])
    expect(disordered, 'out of order').to.equal(0)
    expect(receiver.invalid(), 'without a valid signature').to.equal(0)
    expect(sum(await scrape(last.admin), 'webhook_hook_deliveries_total', 'result="given_up"')).to.equal(0)
  }

  it('loses no event and keeps the order of each incident, with SQLite', () =>
    rounds('SQLite', `sqlite:${join(tempFolder(), 'journal.db')}`, 1))

  it('loses no event and keeps the order of each incident, with PostgreSQL and two replicas', async function () {
    await requirePostgres(this)
    const server = await startPostgres()
    await rounds('PostgreSQL, two replicas', await server.createDatabase(), 2)
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { INDEXES } from '../../../src/journal/postgres/filter-indexes.ts'
import { openPostgresJournal } from '../../../src/journal/postgres/journal.ts'
import { groupOf } from '../../../src/journal/sqlite/rows.ts'
import { Store } from '../../../src/journal/sqlite/store.ts'
import { EventLog, entry, INCIDENTS } from '../../journal/entries.ts'
import type { PostgresServer } from '../../support/postgres.ts'
import { tempFolder } from '../../support/temp.ts'
import { indexesBuilt, made } from '../postgres-rows.ts'

const CAUSES = ['server_error', 'timeout', 'unavailable'] as const
let number = 0
/** A report of one of 200 endpoints and 500 tenants, with one of five codes and three causes. */
function report() {
  const n = ++number
  return entry({
    endpoint: `https://shop-${(n * 7907) % 200}.example/hooks/orders`,
    tenant: `tenant-${(n * 7919) % 500}`,
    code: 500 + (n % 5),
    cause: CAUSES[n % 3]!,
    raw: Buffer.alloc(200, 'x'),
  })
}

const GROUP = 64

export interface Cost {
  /** Reports a second. */
  readonly rate: number
  /** Microseconds of processor time per report, of all that writes it. */
  readonly cpu: number
}

export interface Costs {
  readonly with: Cost[]
  readonly without: Cost[]
}

/** Microseconds of processor time that processes have used, in the kernel's units of 10 ms. */
const processorTime = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000
  }, 0)

/** What one thread needs that makes reports durable in groups of 64, with and without the steps of the index. */
export function sqliteCost(rounds: number): Promise<Costs> {
  const run = async (isIndexed: boolean): Promise<Cost> => {
    const store = new Store({
      path: join(tempFolder(), 'journal.db'),
      retentionSize: 2 ** 40,
      incidents: INCIDENTS,
    })
    store.open({ forget: false })
    // Whole blocks, so that each round does as much of the index as of the reports.
    const groups = Array.from({ length: GROUP * 16 }, () =>
      groupOf(Array.from({ length: GROUP }, () => ({ kind: 'entry' as const, entry: report() }))),
    )
    let done = 0
    const begun = performance.now()
    const used = process.cpuUsage()
    for (const group of groups) {
      store.commit(group)
      done += GROUP
      if (isIndexed && store.isIndexDue) store.index()
    }
    // What the last reports left to do belongs to them.
    if (isIndexed) for (let step = 0; step < 64; step++) store.index()
    const { user, system } = process.cpuUsage(used)
    const rate = (done * 1_000) / (performance.now() - begun)
    store.close()
    return { rate, cpu: (user + system) / done }
  }
  return inTurn(rounds, run)
}

/** The same over PostgreSQL, by 64 senders, with and without the indexes for filters. */
export async function postgresCost(server: PostgresServer, rounds: number, seconds: number): Promise<Costs> {
  const open = async (name: string) => {
    const database = await made(server, name)
    const journal = openPostgresJournal({
      url: server.socketUrl(database),
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 10 ** 12, size: 2 ** 40 },
      events: new EventLog(),
    })
    await journal.open()
    await indexesBuilt(server, database)
    return { database, journal }
  }
  const [indexed, bare] = [await open('cost_with'), await open('cost_without')]
  // This journal has built them, and does not look again.
  for (const name of Object.keys(INDEXES)) await server.query(`DROP INDEX webhook_errors.${name}`, bare.database)
  const run = async (isIndexed: boolean): Promise<Cost> => {
    const { journal } = isIndexed ? indexed : bare
    await server.query('CHECKPOINT')
    const send = async (until: number) => {
      let done = 0
      const sender = async () => {
        for (; performance.now() < until; done++) await journal.record(report())
      }
      await Promise.all(Array.from({ length: GROUP }, sender))
      return done
    }
    // The first write of a page after a checkpoint writes all of it to the log.
    await send(performance.now() + 500)
    const pids = (await server.query('SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()')).map(
      ({ pid }) => pid,
    )
    const before = processorTime(pids)
    const done = await send(performance.now() + seconds * 1_000)
    return { rate: done / seconds, cpu: (processorTime(pids) - before) / done }
  }
  const costs = await inTurn(rounds, run)
  await Promise.all([indexed.journal.close(5_000), bare.journal.close(5_000)])
  return costs
}

async function inTurn(rounds: number, run: (isIndexed: boolean) => Promise<Cost>): Promise<Costs> {
  const costs: Costs = { with: [], without: [] }
  for (let round = 0; round < rounds; round++) {
    for (const isIndexed of round % 2 === 0 ? [true, false] : [false, true])
      costs[isIndexed ? 'with' : 'without'].push(await run(isIndexed))
  }
  return costs
}

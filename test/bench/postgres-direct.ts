import pg from 'pg'
import type { Entry } from '../../src/domain/ports/journal.ts'
import { openPostgresJournal } from '../../src/journal/postgres/journal.ts'
import { entry, INCIDENTS, PRINT_FAULTS } from '../journal/entries.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { NAIVE_TABLE } from './naive-table.ts'

/** What one side did in one round. */
export interface Run {
  readonly accepted: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Bytes of write-ahead log a report, where it was measured. */
  readonly log?: number
}

export interface Side {
  readonly name: string
  readonly run: () => Promise<Run>
}

interface Databases {
  readonly few: string
  readonly many: string
  readonly naive: string
}

/** Seconds. */
const WARM_UP = 2

let number = 0
/**
 * A report of one of so many endpoints, named as those of the rows that are there, and of a quarter as many tenants. It is
 * larger than those rows, so that it does not go into the room that is left in their pages.
 */
function oneOf(endpoints: number, more: { readonly isTracked?: boolean } = {}): Entry {
  number++
  const endpoint = `https://shop-${number % endpoints}.example/hooks/orders`
  return entry({ endpoint, tenant: `tenant-${number % Math.ceil(endpoints / 4)}`, ...more })
}
const MANY = 2_000

/** The journal beside one INSERT a report through a pool of ten, both in this process and without HTTP. */
export async function directSides(server: PostgresServer, { few, many, naive }: Databases, seconds: number) {
  const open = async (database: string) => {
    const journal = openPostgresJournal({
      url: server.socketUrl(database),
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 10 ** 12, size: 2 ** 40 },
      events: PRINT_FAULTS,
    })
    await journal.open()
    return journal
  }
  const [small, large] = [await open(few), await open(many)]
  const pool = new pg.Pool({ host: server.folder, port: server.port, user: 'postgres', database: naive })
  pool.on('error', () => {})
  for (const statement of NAIVE_TABLE) await pool.query(statement)
  const insert = async () => {
    const { failure: f, raw } = oneOf(MANY)
    await pool.query(
      `INSERT INTO naive (id, received_at, source, tenant, endpoint, url, code, cause, message, raw)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [f.id, f.receivedAt, f.source, f.tenant, f.endpoint, f.url, f.code, f.cause, f.message, raw],
    )
  }

  const written = async (): Promise<number> => {
    const [row] = await server.query(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes`)
    return row.bytes
  }

  async function send(senders: number, seconds: number, store: () => Promise<unknown>): Promise<number[]> {
    const end = performance.now() + seconds * 1_000
    const took: number[] = []
    const sender = async () => {
      while (performance.now() < end) {
        const begun = performance.now()
        await store()
        took.push(performance.now() - begun)
      }
    }
    await Promise.all(Array.from({ length: senders }, sender))
    return took.sort((a, b) => a - b)
  }

  async function run(senders: number, store: () => Promise<unknown>): Promise<Run> {
    // The first write of a page after a checkpoint writes all of it to the log: paid once in minutes, not in each run.
    await send(senders, WARM_UP, store)
    const before = await written()
    const took = await send(senders, seconds, store)
    const log = ((await written()) - before) / took.length
    const at = (part: number) => took[Math.floor(took.length * part)]!
    return { accepted: took.length, seconds, p50: at(0.5), p99: at(0.99), log }
  }

  return {
    sides: (senders: number): Side[] => [
      { name: 'one INSERT a report', run: () => run(senders, insert) },
      { name: 'few rows', run: () => run(senders, () => small.record(oneOf(1))) },
      { name: 'many rows', run: () => run(senders, () => large.record(oneOf(1))) },
      { name: 'few rows, incidents', run: () => run(senders, () => small.record(oneOf(1, { isTracked: true }))) },
      { name: 'few rows, 2,000 endpoints', run: () => run(senders, () => small.record(oneOf(MANY))) },
      { name: 'many rows, 2,000 endpoints', run: () => run(senders, () => large.record(oneOf(MANY))) },
    ],
    async close() {
      await Promise.all([small.close(5_000), large.close(5_000), pool.end()])
    },
  }
}

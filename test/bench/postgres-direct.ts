import pg from 'pg'
import type { Entry } from '../../src/domain/journal.ts'
import { openPostgresJournal } from '../../src/journal/postgres.ts'
import { entry, INCIDENTS } from '../journal/entries.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { NAIVE_TABLE } from './naive-table.ts'
import type { Run, Side } from './postgres.ts'

interface Databases {
  readonly few: string
  readonly many: string
  readonly naive: string
}

let number = 0
/** As the rows that are there, of 2,000 endpoints and 500 tenants: as many places in the indexes are written. */
function one(): Entry {
  number++
  return entry({ endpoint: `https://shop-${number % 2_000}.example/hooks/orders`, tenant: `tenant-${number % 500}` })
}

/** The journal beside one INSERT a report through a pool of ten, both in this process and without HTTP. */
export async function directSides(server: PostgresServer, { few, many, naive }: Databases, seconds: number) {
  const open = async (database: string) => {
    const journal = openPostgresJournal({
      url: server.socketUrl(database),
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 10 ** 12, size: 2 ** 40 },
      events: {
        opened: () => {},
        followed: () => {},
        failed: (_, detail) => console.error(detail),
        committed: () => {},
        expired: () => {},
      },
    })
    await journal.open()
    return journal
  }
  const [small, large] = [await open(few), await open(many)]
  const pool = new pg.Pool({ host: server.folder, port: server.port, user: 'postgres', database: naive })
  pool.on('error', () => {})
  for (const statement of NAIVE_TABLE) await pool.query(statement)
  const insert = async () => {
    const { failure: f, raw } = one()
    await pool.query(
      `INSERT INTO naive (id, received_at, source, tenant, endpoint, url, code, cause, message, raw)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [f.id, f.receivedAt, f.source, f.tenant, f.endpoint, f.url, f.code, f.cause, f.message, raw],
    )
  }

  async function run(senders: number, store: () => Promise<unknown>): Promise<Run> {
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
    took.sort((a, b) => a - b)
    const at = (part: number) => took[Math.floor(took.length * part)]!
    return { accepted: took.length, seconds, p50: at(0.5), p99: at(0.99) }
  }

  return {
    sides: (senders: number): Side[] => [
      { name: 'one INSERT a report', run: () => run(senders, insert) },
      { name: 'few rows', run: () => run(senders, () => small.record(one())) },
      { name: 'many rows', run: () => run(senders, () => large.record(one())) },
      { name: 'few rows, incidents', run: () => run(senders, () => small.record(entry({ followed: true }))) },
    ],
    async close() {
      await Promise.all([small.close(5_000), large.close(5_000), pool.end()])
    },
  }
}

import type { JournalSize } from '../../domain/journal.ts'
import { sqlState } from './fault.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/** Up to so many rows are counted; of more the server's own estimate is taken. */
const COUNTED = 100_000
/** Rows to measure, at the old end of the table. */
const SAMPLE = 200

export interface Size extends JournalSize {
  readonly failures: number
  /** Bytes of one failure with its share of the indexes. */
  readonly meanBytes: number
}

/** How much there is. Counting a billion rows would take minutes, so above 100,000 the statistics are asked. */
export async function sizeOf(session: Session): Promise<Size> {
  const [counted] = await session.query<[number]>(
    `SELECT count(*) FROM (SELECT 1 FROM ${SCHEMA}.failures LIMIT ${COUNTED}) AS counted`,
  )
  const few = counted?.[0] ?? 0
  const failures = few < COUNTED ? few : Math.max(COUNTED, await estimate(session))
  const [oldest] = await session.query<[number]>(`SELECT received_at FROM ${SCHEMA}.failures ORDER BY id LIMIT 1`)
  const [mean] = await session.query<[number | null]>(
    `SELECT avg(length(raw) + length(message) + 2 * length(endpoint) + length(url) + 250)::float8
     FROM (SELECT raw, message, endpoint, url FROM ${SCHEMA}.failures ORDER BY id LIMIT ${SAMPLE}) AS sample`,
  )
  const meanBytes = mean?.[0] ?? 0
  return {
    failures,
    bytes: await bytes(session, failures * meanBytes),
    freeBytes: null,
    oldestAt: oldest?.[0] ?? null,
    meanBytes,
  }
}

/** Live rows by the statistics views; 0 if the server keeps none. */
async function estimate(session: Session): Promise<number> {
  const [row] = await session.query<[number | null]>(
    `SELECT greatest(
       (SELECT n_live_tup FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'failures'),
       (SELECT reltuples::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = 'failures'))`,
    [SCHEMA],
  )
  return row?.[0] ?? 0
}

/** Bytes of table and indexes on disk; the rows' own where the server does not tell. */
async function bytes(session: Session, otherwise: number): Promise<number> {
  try {
    const [row] = await session.query<[number]>(`SELECT pg_total_relation_size('${SCHEMA}.failures')`)
    return row?.[0] ?? otherwise
  } catch (error) {
    if (sqlState(error) === undefined) throw error
    return otherwise
  }
}

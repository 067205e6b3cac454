import type { JournalSize } from '../../domain/ports/journal.ts'
import { sqlState } from './fault.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/** Up to so many rows are counted; of more the sample tells how many there are. */
const COUNTED = 100_000
/** Pages of the table to measure, spread over all of it: 16 MiB. Of a smaller table it is all rows. */
const SAMPLED_PAGES = 2_000
/** Rows to measure at either end of the table where the server takes no samples. */
const SAMPLED_ROWS = 200

/** Bytes of one failure with its share of the indexes. Of a long value its header tells the length, so it is not read. */
export const ROW_BYTES =
  'octet_length(raw) + octet_length(message) + 2 * octet_length(endpoint) + octet_length(url) + 250'

export interface Size extends JournalSize {
  readonly failures: number
  /** Bytes of all failures, as `ROW_BYTES` counts them. */
  readonly rowBytes: number
}

/** How much there is. Counting a billion rows would take minutes, so above 100,000 their number is estimated. */
export async function sizeOf(session: Session): Promise<Size> {
  const [counted] = await session.query<[number]>(
    `SELECT count(*) FROM (SELECT 1 FROM ${SCHEMA}.failures LIMIT ${COUNTED}) AS counted`,
  )
  const few = counted?.[0] ?? 0
  const sample = await sampleOf(session)
  const failures = few < COUNTED ? few : Math.max(COUNTED, Math.round(sample?.failures ?? (await estimate(session))))
  const [oldest] = await session.query<[number]>(`SELECT received_at FROM ${SCHEMA}.failures ORDER BY id LIMIT 1`)
  const rowBytes = failures * (sample?.meanBytes ?? (await meanBytes(session)))
  return {
    failures,
    bytes: await relationBytes(session, 'pg_total_relation_size', rowBytes),
    freeBytes: null,
    oldestAt: oldest?.[0] ?? null,
    rowBytes,
  }
}

interface Sample {
  /** How many there are in the whole table, by those in the pages of the sample. */
  readonly failures: number
  readonly meanBytes: number
}

/**
 * Failures of pages all over the table: those of one end say nothing about the others, since a night of long error pages is
 * followed by days of short messages. The server's statistics still count what retention has removed since the last VACUUM.
 * @returns undefined where the table is empty, and where the server takes no samples
 */
async function sampleOf(session: Session): Promise<Sample | undefined> {
  const pages = (await relationBytes(session, 'pg_relation_size', 0)) / 8_192
  if (pages === 0) return undefined
  const part = Math.min(1, SAMPLED_PAGES / pages)
  try {
    // Repeatable: what is removed must not depend on the luck of many draws.
    const [row] = await session.query<[number, number | null]>(
      `SELECT count(*), avg(${ROW_BYTES})::float8 FROM ${SCHEMA}.failures TABLESAMPLE SYSTEM ($1) REPEATABLE (0)`,
      [100 * part],
    )
    const [failures, meanBytes] = row!
    return meanBytes === null ? undefined : { failures: failures / part, meanBytes }
  } catch (error) {
    if (sqlState(error) === undefined) throw error
    return undefined
  }
}

/** Of one failure, by those at both ends of the table. */
async function meanBytes(session: Session): Promise<number> {
  const end = (order: string) =>
    `(SELECT ${ROW_BYTES} AS bytes FROM ${SCHEMA}.failures ORDER BY id ${order} LIMIT ${SAMPLED_ROWS})`
  const [mean] = await session.query<[number | null]>(
    `SELECT avg(bytes)::float8 FROM (${end('ASC')} UNION ALL ${end('DESC')}) AS ends`,
  )
  return mean?.[0] ?? 0
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

/** Bytes on disk of the table alone, or with its long values and indexes; `otherwise` where the server does not tell. */
async function relationBytes(
  session: Session,
  sizeFunction: 'pg_relation_size' | 'pg_total_relation_size',
  otherwise: number,
): Promise<number> {
  try {
    const [row] = await session.query<[number]>(`SELECT ${sizeFunction}('${SCHEMA}.failures')`)
    return row?.[0] ?? otherwise
  } catch (error) {
    if (sqlState(error) === undefined) throw error
    return otherwise
  }
}

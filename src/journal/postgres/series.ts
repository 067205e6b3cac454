import type { Entry, SeriesTotal } from '../../domain/ports/journal.ts'
import { type SeriesLabels, seriesKey } from '../../domain/report/series.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/** A label set as its row says. */
export type NewSeries = Omit<SeriesTotal, 'count'>

interface Known {
  readonly labels: SeriesLabels
  /** What this replica stored since its start. */
  count: number
  lastFailureAt: number
  /** Whether the database has its row, as far as this replica knows. */
  inDatabase: boolean
  /** Whether `lastFailureAt` is newer than what the database has. */
  dirty: boolean
}

type Row = readonly [
  source: string,
  tenant: string,
  endpoint: string,
  code: string,
  cause: string,
  lastFailureAt: number,
]
const COLUMNS = 'source, tenant, endpoint, code, cause, last_failure_at'

/** A transaction that began this long before a look may have committed only after it. Seconds. */
const OVERLAP = 30

/**
 * Label sets of all replicas, and the counts of this one. The table has no counts, so no replica queues for a row: a set is
 * inserted with its first failure, and its time of last failure is written now and then, outside of any group.
 */
export class Series {
  readonly #known = new Map<string, Known>()

  /** @returns those among the entries' label sets that the database may not have, without repetition, in a fixed order */
  unknown(entries: readonly Entry[]): NewSeries[] {
    const sets = new Map<string, NewSeries>()
    for (const { labels, failure } of entries) {
      if (failure.mark) continue
      const key = seriesKey(labels)
      if (this.#known.get(key)?.inDatabase) continue
      sets.set(key, { labels, lastFailureAt: Math.max(failure.receivedAt, sets.get(key)?.lastFailureAt ?? 0) })
    }
    return [...sets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set)
  }

  /**
   * An entry became durable.
   * @param inDatabase whether its label set's row came with it; a spill has none
   */
  recordStored({ labels, failure }: Pick<Entry, 'labels' | 'failure'>, inDatabase = true): void {
    if (failure.mark) return
    const known = this.#register(labels, failure.receivedAt)
    known.count++
    known.dirty = true
    known.inDatabase ||= inDatabase
  }

  /** Every label set: counts since the start of this replica, times of all. */
  totals(): SeriesTotal[] {
    return [...this.#known.values()].map(({ labels, count, lastFailureAt }) => ({ labels, count, lastFailureAt }))
  }

  /** Takes all rows; a set whose row is gone is inserted again with its next failure. */
  async load(session: Session): Promise<void> {
    for (const known of this.#known.values()) known.inDatabase = false
    this.#registerRemote(await session.query<Row>(`SELECT ${COLUMNS} FROM ${SCHEMA}.series`))
  }

  /** Takes what changed lately. @returns the sets that are new here, or failed elsewhere since */
  async poll(session: Session, seconds: number): Promise<SeriesTotal[]> {
    return this.#registerRemote(
      await session.query<Row>(
        `SELECT ${COLUMNS} FROM ${SCHEMA}.series WHERE changed_at > now() - $1 * interval '1 second'`,
        [seconds + OVERLAP],
      ),
    )
  }

  /** Tells the database when this replica's sets failed last. */
  async flush(session: Session): Promise<void> {
    const dirty = [...this.#known].filter(([, known]) => known.dirty).sort(([a], [b]) => (a < b ? -1 : 1))
    if (dirty.length === 0) return
    for (const [, known] of dirty) known.dirty = false
    try {
      await insertSeries(
        session,
        dirty.map(([, known]) => known),
      )
    } catch (error) {
      for (const [, known] of dirty) known.dirty = true
      throw error
    }
  }

  #registerRemote(rows: readonly Row[]): SeriesTotal[] {
    const news: SeriesTotal[] = []
    for (const [source, tenant, endpoint, code, cause, lastFailureAt] of rows) {
      const labels = { source, tenant, endpoint, code, cause }
      const before = this.#known.get(seriesKey(labels))?.lastFailureAt
      const known = this.#register(labels, lastFailureAt)
      known.inDatabase = true
      if (before === undefined || lastFailureAt > before) news.push({ labels, count: known.count, lastFailureAt })
    }
    return news
  }

  #register(labels: SeriesLabels, at: number): Known {
    const key = seriesKey(labels)
    const known = this.#known.get(key)
    if (known) {
      known.lastFailureAt = Math.max(known.lastFailureAt, at)
      return known
    }
    const made = { labels, count: 0, lastFailureAt: at, inDatabase: false, dirty: false }
    this.#known.set(key, made)
    return made
  }
}

/** Drops label sets that have not failed since, milliseconds since the epoch. @returns how many */
export function forgetSeries(session: Session, unseenSince: number): Promise<number> {
  return session.execute(`DELETE FROM ${SCHEMA}.series WHERE last_failure_at < $1`, [unseenSince])
}

/** Adds label sets, and raises the times of those that are there. The sets are in a fixed order. */
export async function insertSeries(session: Session, sets: readonly NewSeries[]): Promise<void> {
  if (sets.length === 0) return
  const column = (name: keyof SeriesLabels) => sets.map(({ labels }) => labels[name])
  await session.execute(
    `INSERT INTO ${SCHEMA}.series (${COLUMNS}, changed_at)
     SELECT *, now() FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
     ON CONFLICT (source, tenant, endpoint, code, cause) DO UPDATE SET changed_at = excluded.changed_at,
       last_failure_at = greatest(series.last_failure_at, excluded.last_failure_at)`,
    [
      column('source'),
      column('tenant'),
      column('endpoint'),
      column('code'),
      column('cause'),
      sets.map((set) => set.lastFailureAt),
    ],
  )
}

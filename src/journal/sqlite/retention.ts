import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { RetentionStop } from '../../domain/ports/journal.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import type { ClockReading } from '../core/machine-clock.ts'
import { ROW_BYTES } from '../core/records.ts'
import { type Arrivals, CLOCK_TOLERANCE } from './arrivals.ts'
import type { RowCount } from './count.ts'
import type { Clocks } from './store-types.ts'

export interface ExpireLimits extends Clocks {
  /** Most failures to remove in one step, so that a commit that waits behind it does not wait long. */
  readonly batch: number
}

export interface Expired {
  readonly failures: number
  readonly reason: 'age' | 'size'
  readonly more: boolean
  /** Whether it left pages in the WAL that are to be brought into the file before the next step. */
  readonly changedPages: boolean
  /** Why nothing may be removed by age. */
  readonly stop?: RetentionStop
}

/** How long age retention waits after the wall clock was set: which of the two times was wrong is not known. */
const SETTLE = 86_400_000
/**
 * Pages given back to the file system in one step. Each is moved from the end of the file: 256 of them held up a commit for 2 to
 * 8 ms, and for 18 at times.
 */
const VACUUM_PAGES = 32

/** Removed in one step for the sake of the size: twice what one group may add. */
export const MOST_BYTES = 8 * 2 ** 20

/** How many of the oldest rows, at most a number of them, take so many bytes together. */
const OLDEST_BYTES = `SELECT count(*) AS most FROM
  (SELECT sum(bytes) OVER (ORDER BY row ROWS UNBOUNDED PRECEDING) - bytes AS before FROM
    (SELECT rowid AS row, octet_length(raw) + octet_length(message) + ${ROW_BYTES} AS bytes FROM failures ORDER BY rowid LIMIT ?))
  WHERE before < ?`

/** Why nothing may be removed by its age; undefined: the wall clock can be trusted. */
export function retentionStop(
  db: DatabaseSync,
  arrivals: Arrivals,
  { reading, age }: Clocks,
): RetentionStop | undefined {
  const moved = arrivals.moved(reading, Math.min(age, SETTLE))
  if (moved !== 0) {
    const seconds = Math.round(Math.abs(moved) / 1_000)
    return {
      reason: 'clock_changed',
      detail: `the wall clock was set ${moved > 0 ? 'forward' : 'back'} by ${seconds} s; check NTP on the node`,
    }
  }
  const newest = db.prepare('SELECT received_at FROM failures WHERE id >= ? ORDER BY id DESC LIMIT 1')
  const row = newest.get(futureId(reading)) as { received_at: number } | undefined
  if (!row) return undefined
  const [now, then] = [reading.wall, row.received_at].map((at) => rfc3339(at))
  return {
    reason: 'future_rows',
    detail: `the newest failure is from ${then}, and the wall clock says ${now}; check NTP on the node`,
  }
}

/** What retention removes, and what has to hear of it. */
interface Rows {
  readonly db: DatabaseSync
  readonly arrivals: Arrivals
  readonly count: Pick<RowCount, 'removed'>
}

/**
 * One step: removes what is too old, otherwise the oldest while the pages in use exceed `bytes`, else gives free pages back.
 * Totals stay as they are.
 */
export function expireBatch(rows: Rows, limits: ExpireLimits, bytes: number): Expired {
  const stop = retentionStop(rows.db, rows.arrivals, limits)
  return expireAged(rows, limits, stop) ?? { ...expireOversized(rows, limits.batch, bytes), ...(stop && { stop }) }
}

/** One step that removes what is too old. @returns undefined if there is nothing, or it cannot be known */
export function expireAged(
  rows: Rows,
  { reading, age, batch }: ExpireLimits,
  stop: RetentionStop | undefined,
): Expired | undefined {
  if (stop?.reason === 'clock_changed') return undefined
  const { lastOld, lastProven } = rows.arrivals.old(reading, age)
  const failures = stop
    ? // These were stamped by a wrong clock. Once they are old they go, or they would stop retention until their time comes.
      remove(rows, 'WHERE id >= ? AND +rowid <= ? ORDER BY id', [futureId(reading), lastProven], batch)
    : remove(rows, 'WHERE id < ? AND +rowid <= ? ORDER BY id', [firstIdAt(reading.wall - age), lastOld], batch)
  return failures > 0 ? { failures, reason: 'age', more: true, changedPages: true, ...(stop && { stop }) } : undefined
}

function expireOversized(rows: Rows, batch: number, bytes: number): Expired {
  const { db } = rows
  const pageSize = pragma(db, 'page_size')
  const free = pragma(db, 'freelist_count')
  const excess = (pragma(db, 'page_count') - free) * pageSize - bytes
  if (excess > 0) {
    // No more than the excess asks for: a batch may be a large part of a small journal. In the order of arrival: by their
    // own time, what a slow clock stamped would go first, however new it is.
    const { most } = db.prepare(OLDEST_BYTES).get(batch, Math.min(excess, MOST_BYTES)) as { most: number }
    const failures = remove(rows, 'ORDER BY rowid', [], most)
    if (failures > 0) return { failures, reason: 'size', more: true, changedPages: true }
  }
  if (free > 0) {
    db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
    return { failures: 0, reason: 'size', more: free > VACUUM_PAGES, changedPages: true }
  }
  return { failures: 0, reason: 'size', more: false, changedPages: false }
}

const futureId = ({ wall }: ClockReading): string => firstIdAt(wall + CLOCK_TOLERANCE)

function remove({ db, arrivals, count }: Rows, which: string, values: readonly SQLInputValue[], limit: number): number {
  const sql = `DELETE FROM failures WHERE rowid IN (SELECT rowid FROM failures ${which} LIMIT ?) RETURNING id`
  const ids = (db.prepare(sql).all(...values, limit) as { id: string }[]).map(({ id }) => id)
  if (ids.length > 0) arrivals.rowsRemoved()
  count.removed(ids)
  return ids.length
}

function pragma(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0] as number
}

import type { DatabaseSync } from 'node:sqlite'
import { type RecordRow, recordOf } from '../core/columns.ts'
import { idOf, type StoredRecord, type StoredSignal } from '../core/records.ts'
import { Arrivals } from './arrivals.ts'
import { BlockIndex } from './block-index.ts'
import { RowCount } from './count.ts'
import { IncidentRows } from './incidents.ts'
import { expireEvents } from './outbox.ts'
import { prepareArrays } from './prepare-arrays.ts'
import { type Expired, type ExpireLimits, expireBatch, retentionStop } from './retention.ts'
import { RECORD_COLUMNS } from './rows.ts'
import { SIGNAL_LIMITS, SignalRows, UNLIMITED } from './signals.ts'
import type { OpenOptions, StoreOptions } from './store-types.ts'
import { prepare, type Statements } from './write.ts'

/** What reads and writes the rows of an open database, and what is kept of them while it is open. */
export interface OpenRows {
  readonly db: DatabaseSync
  readonly statements: Statements
  readonly incidents: IncidentRows
  readonly signals: SignalRows
  readonly arrivals: Arrivals
  readonly count: RowCount
  readonly blocks: BlockIndex
}

export interface OpenRowsOptions extends Pick<StoreOptions, 'incidents' | 'isDrained'>, OpenOptions {
  /** Whether all rows are counted now: it takes long in a large file. */
  readonly countsRows: boolean
}

/** Prepares what reads and writes the rows of a migrated database. @throws what SQLite throws */
export function openRows(db: DatabaseSync, options: OpenRowsOptions): OpenRows {
  const { clocks, forget } = options
  const statements = prepare(db)
  const arrivals = new Arrivals(db)
  arrivals.rowsRemoved()
  if (clocks) arrivals.observe(clocks.reading, clocks.age)
  const isClockTrusted = clocks && !retentionStop(db, arrivals, clocks)
  const forgetBefore = forget && isClockTrusted ? clocks.reading.wall - clocks.age : null
  if (forgetBefore !== null) statements.forget.run(forgetBefore)
  const incidents = new IncidentRows(db, options.incidents, forgetBefore)
  const signals = new SignalRows(db, incidents, options.isDrained ? UNLIMITED : SIGNAL_LIMITS)
  const count = new RowCount(db)
  if (options.countsRows) count.all()
  const blocks = new BlockIndex(db)
  return { db, statements, incidents, signals, arrivals, count, blocks }
}

/**
 * One batch of retention; all rows were counted.
 * @param maxBytes of the rows
 */
export function expireRows(
  { db, incidents, signals, arrivals, count, blocks }: OpenRows,
  limits: ExpireLimits,
  maxBytes: number,
): Expired {
  const { reading, age, batch } = limits
  arrivals.observe(reading, age)
  // First: failures must not be removed to make room for a flood of signals.
  if (signals.expireExcess(batch) === batch) return { failures: 0, reason: 'size', more: true, changedPages: true }
  const expired = expireBatch(db, arrivals, limits, maxBytes)
  count.removed(expired.failures)
  if (expired.failures > 0) blocks.rowsRemoved()
  if (expired.more) return expired
  arrivals.prune(reading, age)
  // When incidents closed is known by the wall clock alone.
  if (expired.stop || arrivals.moved(reading, age) !== 0) return expired
  const before = reading.wall - age
  expireEvents(db, before)
  const others = incidents.expire(before, batch) + signals.expire(before, batch)
  return others > 0 ? { ...expired, more: true, changedPages: true } : expired
}

/** Bytes of bodies that are moved at once. */
const MOVED_BYTES = 4 * 2 ** 20

/** The oldest records and signals, whole, in the order in which they came: as many as `limit`, or `MOVED_BYTES`, allow. */
export function oldestRows({ db, signals }: OpenRows, limit: number): (StoredRecord | StoredSignal)[] {
  const statement = prepareArrays(db, `SELECT ${RECORD_COLUMNS.join(', ')} FROM failures ORDER BY id LIMIT ?`)
  const rows: (StoredRecord | StoredSignal)[] = []
  let bytes = 0
  for (const row of statement.iterate(limit) as Iterable<unknown>) {
    const record = recordOf(row as RecordRow)
    rows.push(record)
    bytes += record.raw.byteLength
    if (bytes >= MOVED_BYTES) break
  }
  // No signal goes before a report that came earlier, but is left for the next time.
  const last = bytes >= MOVED_BYTES ? idOf(rows.at(-1)!) : undefined
  const others = signals.oldest(limit).filter((signal) => last === undefined || idOf(signal) < last)
  return [...rows, ...others].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)).slice(0, limit)
}

/** Removes records and signals; totals and incidents stay. */
export function removeRows({ db, signals, count, arrivals, blocks }: OpenRows, ids: readonly string[]): void {
  count.all()
  const sql = 'DELETE FROM failures WHERE id IN (SELECT value FROM json_each(?))'
  count.removed(Number(db.prepare(sql).run(JSON.stringify(ids)).changes))
  signals.remove(ids)
  arrivals.rowsRemoved()
  blocks.rowsRemoved()
}

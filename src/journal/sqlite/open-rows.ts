import type { DatabaseSync } from 'node:sqlite'
import { EVENT_MEMORY } from '../../domain/ports/outbox.ts'
import { type RecordRow, recordOf } from '../core/columns.ts'
import { type BatchLimits, bytesOf, idOf, type StoredRecord, type StoredSignal } from '../core/records.ts'
import { Arrivals } from './arrivals.ts'
import { BlockIndex } from './block-index.ts'
import { RowCount } from './count.ts'
import { IncidentRows } from './incidents.ts'
import { expireEvents } from './outbox.ts'
import { prepareArrays } from './prepare-arrays.ts'
import { type Expired, type ExpireLimits, expireAged, expireBatch, retentionStop } from './retention.ts'
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

/** One batch of what is too old. @returns undefined if there is nothing */
export function expireOldRows(rows: OpenRows, limits: ExpireLimits): Expired | undefined {
  rows.arrivals.observe(limits.reading, limits.age)
  const expired = expireAged(rows, limits, retentionStop(rows.db, rows.arrivals, limits))
  if (expired) rows.blocks.rowsRemoved()
  return expired
}

/**
 * One batch of retention.
 * @param maxBytes of the rows
 */
export function expireRows(rows: OpenRows, limits: ExpireLimits, maxBytes: number): Expired {
  const { db, incidents, signals, arrivals, blocks } = rows
  const { reading, age, batch } = limits
  arrivals.observe(reading, age)
  // First: failures must not be removed to make room for a flood of signals.
  if (signals.expireExcess(batch) === batch) return { failures: 0, reason: 'size', more: true, changedPages: true }
  const expired = expireBatch(rows, limits, maxBytes)
  if (expired.failures > 0) blocks.rowsRemoved()
  if (expired.more) return expired
  arrivals.prune(reading, age)
  // When incidents closed is known by the wall clock alone.
  if (expired.stop || arrivals.moved(reading, age) !== 0) return expired
  const before = reading.wall - age
  expireEvents(db, Math.min(before, reading.wall - EVENT_MEMORY))
  const others = incidents.expire(before, batch) + signals.expire(before, batch)
  return others > 0 ? { ...expired, more: true, changedPages: true } : expired
}

/** The oldest records and signals, whole, in the order in which they came. */
export function oldestRows(
  { db, signals }: OpenRows,
  { records, bytes }: BatchLimits,
): (StoredRecord | StoredSignal)[] {
  const statement = prepareArrays(db, `SELECT ${RECORD_COLUMNS.join(', ')} FROM failures ORDER BY id LIMIT ?`)
  const oldest: (StoredRecord | StoredSignal)[] = []
  let read = 0
  // No more than is moved: a few hundred large bodies would not fit into the memory.
  for (const row of statement.iterate(records)) {
    const record = recordOf(row as unknown as RecordRow)
    oldest.push(record)
    read += bytesOf(record)
    if (read > bytes) break
  }
  oldest.push(...signals.oldest(records))
  oldest.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  let sum = 0
  const end = oldest.findIndex((record, index) => {
    sum += bytesOf(record)
    return index > 0 && (index === records || sum > bytes)
  })
  return end === -1 ? oldest : oldest.slice(0, end)
}

/** Removes records and signals; totals and incidents stay. */
export function removeRows({ db, signals, count, arrivals, blocks }: OpenRows, ids: readonly string[]): void {
  const sql = 'DELETE FROM failures WHERE id IN (SELECT value FROM json_each(?)) RETURNING id'
  count.removed((db.prepare(sql).all(JSON.stringify(ids)) as { id: string }[]).map(({ id }) => id))
  signals.remove(ids)
  arrivals.rowsRemoved()
  blocks.rowsRemoved()
}

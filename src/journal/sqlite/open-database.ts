import type { DatabaseSync } from 'node:sqlite'
import type { Checkpoint } from '../../domain/journal.ts'
import { type RecordRow, recordOf } from '../core/columns.ts'
import { idOf, type StoredRecord, type StoredSignal } from '../core/records.ts'
import { Arrivals } from './arrivals.ts'
import { BlockIndex } from './block-index.ts'
import { Checkpointer } from './checkpoint.ts'
import { RowCount } from './count.ts'
import { FileWatch } from './files.ts'
import { Growth } from './growth.ts'
import { IncidentRows } from './incidents.ts'
import { expireEvents } from './outbox.ts'
import { prepareArrays } from './prepare-arrays.ts'
import { type Expired, type ExpireLimits, expireBatch, retentionStop } from './retention.ts'
import { RECORD_COLUMNS } from './rows.ts'
import { SignalRows } from './signals.ts'
import type { OpenOptions, StoreOptions } from './store-types.ts'
import { prepare, type Statements } from './write.ts'

/** An open database, and what is kept of it while it is open. */
export interface OpenDatabase {
  readonly db: DatabaseSync
  readonly statements: Statements
  readonly incidents: IncidentRows
  readonly signals: SignalRows
  readonly arrivals: Arrivals
  readonly count: RowCount
  readonly blocks: BlockIndex
  readonly files: FileWatch
  readonly checkpointer: Checkpointer
  readonly growth: Growth
}

export interface OpenRowsOptions extends Pick<StoreOptions, 'incidents' | 'timelineLimit'>, OpenOptions {
  /** Whether all rows are counted now: it takes long in a large file. */
  readonly countsRows: boolean
  /** Bytes that the rows may take. */
  readonly maxBytes: number
  /** Bytes. */
  readonly walLimit: number
  readonly onCheckpoint: (checkpoint: Checkpoint) => void
}

/** Prepares what reads and writes the rows of a migrated database. @throws what SQLite throws */
export function openRows(db: DatabaseSync, file: string, options: OpenRowsOptions): OpenDatabase {
  const { clocks, forget } = options
  const statements = prepare(db)
  const arrivals = new Arrivals(db)
  arrivals.rowsRemoved()
  if (clocks) arrivals.observe(clocks.reading, clocks.age)
  const isClockTrusted = clocks && !retentionStop(db, arrivals, clocks)
  const forgetBefore = forget && isClockTrusted ? clocks.reading.wall - clocks.age : null
  if (forgetBefore !== null) statements.forget.run(forgetBefore)
  const incidents = new IncidentRows(db, options.incidents, forgetBefore)
  const signals = new SignalRows(db, incidents, options.timelineLimit)
  const count = new RowCount(db)
  if (options.countsRows) count.all()
  const blocks = new BlockIndex(db)
  const files = new FileWatch(file, db)
  const checkpointer = new Checkpointer(db, options.walLimit, options.onCheckpoint)
  const growth = new Growth(db, options.maxBytes)
  return { db, statements, incidents, signals, arrivals, count, blocks, files, checkpointer, growth }
}

/**
 * One batch of retention, or one step of the counting and indexing that come before it.
 * @param maxBytes of the rows
 */
export function expireRows(
  { db, incidents, signals, arrivals, count, blocks }: Omit<OpenDatabase, 'files' | 'checkpointer' | 'growth'>,
  limits: ExpireLimits,
  maxBytes: number,
): Expired {
  if (count.step() || blocks.step()) return { failures: 0, reason: 'age', more: true, changedPages: false }
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

/** The oldest records and signals, whole, in the order in which they came. */
export function oldestRows({ db, signals }: OpenDatabase, limit: number): (StoredRecord | StoredSignal)[] {
  const statement = prepareArrays(db, `SELECT ${RECORD_COLUMNS.join(', ')} FROM failures ORDER BY id LIMIT ?`)
  const records = (statement.all(limit) as unknown as RecordRow[]).map(recordOf)
  return [...records, ...signals.oldest(limit)].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)).slice(0, limit)
}

/** Removes records and signals; totals and incidents stay. */
export function removeRows({ db, signals, count, arrivals, blocks }: OpenDatabase, ids: readonly string[]): void {
  count.all()
  const sql = 'DELETE FROM failures WHERE id IN (SELECT value FROM json_each(?))'
  count.removed(Number(db.prepare(sql).run(JSON.stringify(ids)).changes))
  signals.remove(ids)
  arrivals.rowsRemoved()
  blocks.rowsRemoved()
}

import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { CanaryMoments, JournalSize, RecoveryCount } from '../../domain/journal.ts'
import type { PendingEvent } from '../../domain/outbox.ts'
import { type RecordRow, recordOf } from '../core/columns.ts'
import { detailOf, FaultError, faultOf } from '../core/fault.ts'
import { idOf, type StoredRecord, type StoredSignal } from '../core/records.ts'
import { Arrivals } from './arrivals.ts'
import { checkFile, createPrivate, FULL_CHECK_BYTES, preparePath, sizeOf } from './check.ts'
import { attempt, Checkpointer } from './checkpoint.ts'
import { RowCount } from './count.ts'
import { closeOnly, configure, heldLock, type Lock, numberOf } from './database.ts'
import { FileWatch, PAGE } from './files.ts'
import { freeBytes, volatileFilesystem } from './filesystem.ts'
import { HighWaterMark } from './high-water-mark.ts'
import { IncidentRows, noteCanary } from './incidents.ts'
import { migrate } from './migrations.ts'
import { pendingEvents, recoveries, removeEvents } from './outbox.ts'
import { type Expired, type ExpireLimits, expireBatch, retentionStop } from './retention.ts'
import { type Group, RECORD_COLUMNS, type TotalRow } from './rows.ts'
import { SignalRows } from './signals.ts'
import type { Committed, Notice, Opened, OpenOptions, StoreOptions } from './store-types.ts'
import { prepare, type Statements } from './write.ts'
import { writeRows } from './write-rows.ts'

/** Free bytes without which a volume that was full is not tried again. */
const ROOM = 2 ** 20

/** The database and everything beside it, in the writing thread. An operation that throws has closed it. */
export class Store {
  readonly #options: StoreOptions
  readonly #report: (notice: Notice) => void
  #file: string
  #lock: Lock | undefined
  #highWaterMark: HighWaterMark | undefined
  #db: DatabaseSync | undefined
  #statements: Statements | undefined
  #incidents: IncidentRows | undefined
  #signals: SignalRows | undefined
  #arrivals: Arrivals | undefined
  #count: RowCount | undefined
  #files: FileWatch | undefined
  #checkpointer: Checkpointer | undefined
  #recorded = 0
  #oldest: number | null = null
  #wasFull = false
  /** After a fault that a look at the ends of a large file would not find. */
  #isSuspect = false
  #walPages = 16

  constructor(options: StoreOptions, report: (notice: Notice) => void = () => {}) {
    this.#options = options
    this.#report = report
    this.#file = resolve(options.path)
  }

  /**
   * Opens it (again), and proves that it can be written.
   * @throws FaultError
   */
  open({ clocks, forget }: OpenOptions): Opened {
    return this.#guard(() => {
      this.#closeDatabase()
      const acknowledged = this.#recorded
      this.#file = preparePath(this.#options.path, this.#options.filesystem)
      this.#lock = heldLock(this.#file, this.#lock)
      if (this.#wasFull && freeBytes(this.#file) < ROOM) {
        throw new FaultError('disk_full', detailOf('disk_full', this.#file))
      }
      const [bytes, walBytes] = [sizeOf(this.#file), sizeOf(`${this.#file}-wal`)]
      this.#report({ type: 'opening', step: 'checking the file', bytes })
      checkFile(this.#file, { whole: this.#isSuspect })
      createPrivate(this.#file)
      const db = new DatabaseSync(this.#file, { timeout: 500, enableForeignKeyConstraints: false })
      this.#db = db
      this.#walPages = configure(db, this.#file, this.#options.retentionSize)
      migrate(db)
      if (walBytes > 0) this.#report({ type: 'opening', step: 'bringing the WAL into the file', bytes: walBytes })
      // What is in the WAL reaches the file before ready; and a volume without room shows here, not at the first report.
      db.prepare(`INSERT INTO meta VALUES ('opened', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`).run(
        Date.now(),
      )
      this.#emptyWal(db)
      this.#wasFull = false
      this.#statements = prepare(db)
      this.#arrivals = new Arrivals(db)
      this.#arrivals.rowsRemoved()
      if (clocks) this.#arrivals.observe(clocks.reading, clocks.age)
      const isClockTrusted = clocks && !retentionStop(db, this.#arrivals, clocks)
      const forgetBefore = forget && isClockTrusted ? clocks.reading.wall - clocks.age : null
      if (forgetBefore !== null) this.#statements.forget.run(forgetBefore)
      this.#incidents = new IncidentRows(db, this.#options.incidents, forgetBefore)
      this.#signals = new SignalRows(db, this.#incidents, this.#options.timelineLimit)
      this.#count = new RowCount(db)
      if (this.#options.countFirst || bytes <= FULL_CHECK_BYTES) this.#count.all()
      this.#recorded = numberOf(db, `SELECT value FROM meta WHERE key = 'recorded'`)
      const missing = this.#readHighWaterMark(acknowledged) - this.#recorded
      this.#highWaterMark?.write(this.#recorded)
      this.#files = new FileWatch(this.#file, db)
      this.#checkpointer = new Checkpointer(db, this.#walPages * PAGE, (checkpoint) =>
        this.#report({ type: 'checkpoint', checkpoint }),
      )
      const volatile = volatileFilesystem(this.#file, this.#options.filesystem)
      this.#isSuspect = false
      return {
        totals: this.#statements.totals.all() as unknown as TotalRow[],
        endpoints: this.#incidents.all(),
        size: this.size(),
        file: this.#file,
        ...(volatile === undefined ? {} : { volatile }),
        ...(missing > 0
          ? { lost: { kind: 'lost_commits', detail: detailOf('lost_commits', this.#file, `${missing}`) } }
          : {}),
      }
    })
  }

  /**
   * Writes a group in one transaction. An entry that is at fault by itself is left out; the others are written.
   * @param uptime milliseconds of the monotonic clock, where retention asks for the arrival of rows
   * @returns one result per command, in order, once they are durable
   * @throws FaultError the outcome is unknown then
   */
  commit({ rows, bodies }: Group, uptime?: number): Committed {
    return this.#guard(() => {
      const { db, statements, incidents, signals, arrivals, count, files } = this.#open()
      const begun = performance.now()
      db.exec('BEGIN IMMEDIATE')
      const { results, endpoints, added } = writeRows({ rows, bodies }, { statements, incidents, signals, count })
      db.exec('COMMIT')
      files.checkAfterWrite()
      this.#recorded += added
      if (added > 0) this.#writeHighWaterMark()
      if (added > 0 && uptime !== undefined) arrivals.note(uptime)
      this.#checkpointer?.afterWrite(files.walBytes)
      return {
        results,
        endpoints,
        seconds: (performance.now() - begun) / 1_000,
      }
    })
  }

  /** Each call is a transaction of its own; the canary runs once a minute at most. */
  noteCanary(moments: Parameters<typeof noteCanary>[1]): CanaryMoments {
    return this.#guard(() => noteCanary(this.#open().db, moments))
  }

  /** The oldest events that a hook is still to be sent. */
  pendingEvents({ hook, limit }: { hook: string; limit: number }): PendingEvent[] {
    return this.#guard(() => pendingEvents(this.#open().db, hook, limit))
  }

  /** Removes events that were delivered or given up. */
  removeEvents(sequences: readonly number[]): void {
    this.#guard(() => {
      removeEvents(this.#open().db, sequences)
      this.#afterWrite()
    })
  }

  /** As of `Journal`. */
  recoveries(): RecoveryCount[] {
    return this.#guard(() => recoveries(this.#open().db))
  }

  /** One small step of retention, or of the counting that comes before it; `more` says whether another one is due. */
  expire(limits: ExpireLimits): Expired {
    return this.#guard(() => {
      const { db, incidents, signals, arrivals, count } = this.#open()
      if (count.step()) return { failures: 0, reason: 'age', more: true }
      const { reading, age, batch } = limits
      arrivals.observe(reading, age)
      const expired = expireBatch(db, arrivals, limits, this.#options.retentionSize - this.#walPages * PAGE)
      // When incidents closed is known by the wall clock alone.
      if (!expired.stop && arrivals.moved(reading, age) === 0) {
        incidents.expire(reading.wall - age, batch)
        signals.expire(reading.wall - age, batch)
      }
      if (!expired.more) arrivals.prune(reading, age)
      count.removed(expired.failures)
      this.#afterWrite()
      return expired
    })
  }

  /** The oldest records and signals, whole, in the order in which they came. */
  oldest(limit: number): (StoredRecord | StoredSignal)[] {
    return this.#guard(() => {
      const { db, signals } = this.#open()
      const statement = db.prepare(`SELECT ${RECORD_COLUMNS.join(', ')} FROM failures ORDER BY id LIMIT ?`)
      statement.setReturnArrays(true)
      const records = (statement.all(limit) as unknown as RecordRow[]).map(recordOf)
      return [...records, ...signals.oldest(limit)].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)).slice(0, limit)
    })
  }

  /** Removes records and signals; totals and incidents stay. */
  remove(ids: readonly string[]): void {
    this.#guard(() => {
      const { db, signals, count, arrivals } = this.#open()
      count.all()
      const sql = 'DELETE FROM failures WHERE id IN (SELECT value FROM json_each(?))'
      count.removed(Number(db.prepare(sql).run(JSON.stringify(ids)).changes))
      signals.remove(ids)
      arrivals.rowsRemoved()
      this.#afterWrite()
    })
  }

  /** Drops label sets not counted since (milliseconds since the epoch); returns how many. */
  forget(unseenSince: number): number {
    return this.#guard(() => Number(this.#open().statements.forget.run(unseenSince).changes))
  }

  /** A look, also while the database is closed. It throws what the file system throws, and changes nothing. */
  size(): JournalSize {
    if (this.#statements) {
      this.#oldest = (this.#statements.oldest.get() as unknown as [number] | undefined)?.[0] ?? null
    }
    const walBytes = sizeOf(`${this.#file}-wal`)
    this.#checkpointer?.retry(walBytes)
    return {
      failures: this.#count?.rows ?? null,
      ...(this.#options.countFirst && { signals: this.#signals?.count() ?? 0 }),
      bytes: sizeOf(this.#file) + walBytes,
      wal: { bytes: walBytes, limit: this.#walPages * PAGE },
      freeBytes: freeBytes(this.#file),
      oldestAt: this.#oldest,
    }
  }

  /** Lets everything go; the lock last. */
  close(): void {
    try {
      if (this.#db) this.#emptyWal(this.#db)
    } finally {
      this.#closeDatabase()
      this.#highWaterMark?.close()
      this.#highWaterMark = undefined
      this.#lock?.db.close()
      this.#lock = undefined
    }
  }

  /** @throws what SQLite throws, after it was reported */
  #emptyWal(db: DatabaseSync): void {
    const walBytes = sizeOf(`${this.#file}-wal`)
    const { result, detail, error } = attempt(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)'))
    const walLimit = this.#walPages * PAGE
    const checkpoint = { result, walBytes, walLimit, ...(detail !== undefined && { detail }) }
    this.#report({ type: 'checkpoint', checkpoint })
    if (error) throw error
  }

  #open() {
    const [db, statements, incidents, signals] = [this.#db, this.#statements, this.#incidents, this.#signals]
    const [arrivals, count, files] = [this.#arrivals, this.#count, this.#files]
    if (!db || !statements || !incidents || !signals || !arrivals || !count || !files) {
      throw new FaultError('io', detailOf('io', this.#file, 'it is closed'))
    }
    files.check()
    return { db, statements, incidents, signals, arrivals, count, files }
  }

  #afterWrite(): void {
    this.#files?.checkAfterWrite()
    this.#checkpointer?.afterWrite(this.#files?.walBytes ?? 0)
  }

  /** @param acknowledged by this process, which counts too where somebody removed the mark */
  #readHighWaterMark(acknowledged: number): number {
    this.#highWaterMark?.close()
    this.#highWaterMark = new HighWaterMark(`${this.#file}.mark`)
    return Math.max(this.#highWaterMark.read(), acknowledged)
  }

  #writeHighWaterMark(): void {
    try {
      this.#highWaterMark?.write(this.#recorded)
    } catch {
      // The mark is only a witness: if it cannot be written, the commit still stands.
    }
  }

  /** A fault closes the database, since what SQLite holds in memory is not to be trusted after it. */
  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      const fault = faultOf(error, this.#file, this.#isVolumeFull())
      this.#wasFull = fault.fault.kind === 'disk_full'
      this.#isSuspect ||= fault.fault.kind === 'corrupt'
      this.#closeDatabase()
      throw fault
    }
  }

  #isVolumeFull(): boolean {
    try {
      return freeBytes(dirname(this.#file)) < ROOM
    } catch {
      return false
    }
  }

  #closeDatabase(): void {
    const db = this.#db
    this.#db = undefined
    this.#statements = undefined
    this.#incidents = undefined
    this.#signals = undefined
    this.#arrivals = undefined
    this.#files = undefined
    this.#checkpointer = undefined
    try {
      if (db && this.#isSuspect) closeOnly(db, this.#file)
      else db?.close()
    } catch {
      // Closed as far as it goes.
    }
  }
}

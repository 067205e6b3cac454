import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Checkpoint, JournalSize } from '../../domain/ports/journal.ts'
import { detailOf, FaultError, faultOf } from '../core/fault.ts'
import type { BatchLimits, StoredRecord, StoredSignal } from '../core/records.ts'
import { checkFile, createPrivate, FULL_CHECK_BYTES, preparePath, sizeOf } from './check.ts'
import { emptyWal } from './checkpoint.ts'
import type { RowCount } from './count.ts'
import { closeOnly, configure, heldLock, type Lock, numberOf } from './database.ts'
import { FileWatch } from './files.ts'
import { freeBytes, isFull, volatileFilesystem } from './filesystem.ts'
import { HighWaterMark } from './high-water-mark.ts'
import { migrate } from './migrations.ts'
import { type OpenRows, oldestRows, openRows, removeRows } from './open-rows.ts'
import type { Expired, ExpireLimits } from './retention.ts'
import type { Group, TotalRow } from './rows.ts'
import type { Clocks, Committed, Notice, Opened, OpenOptions, StoreOptions } from './store-types.ts'
import { Upkeep } from './upkeep.ts'
import { PAGE } from './wal-frames.ts'
import { writeRows } from './write-rows.ts'

/** An open database. */
interface OpenDatabase extends OpenRows {
  readonly upkeep: Upkeep
}

/**
 * Milliseconds to wait for a lock of another process. A checkpoint that is to empty the WAL holds it while it waits for readers:
 * Litestream's does so for a second.
 */
const LOCK_TIMEOUT = 2_000

/** The database and everything next to it, in the writing thread. An operation that throws has closed it. */
export class Store {
  readonly #options: StoreOptions
  readonly #report: (notice: Notice) => void
  #file: string
  #lock: Lock | undefined
  #highWaterMark: HighWaterMark | undefined
  /** Set before `#opened`: a fault on the way must close it. */
  #db: DatabaseSync | undefined
  #files: FileWatch | undefined
  #opened: OpenDatabase | undefined
  /** The last known number of rows, also while the database is closed. */
  #count: RowCount | undefined
  #recorded = 0
  #oldest: number | null = null
  #wasFull = false
  /** After a fault that a look at the ends of a large file would not find. */
  #isSuspect = false
  #walPages = 16
  /** What ended something that no one waited for. */
  #fault: FaultError | undefined
  /** Bytes that there has to be room for, after a group for which there was none. */
  #refusedBytes = 0
  /** Whether the last commit left something to index. */
  isIndexDue = false

  readonly #onCheckpoint = (checkpoint: Checkpoint) => this.#report({ type: 'checkpoint', checkpoint })

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
      this.#fault = undefined
      const acknowledged = this.#recorded
      this.#file = preparePath(this.#options.path, this.#options.filesystem)
      this.#lock = heldLock(this.#file, this.#lock)
      if (this.#wasFull && isFull(this.#file)) throw this.#diskFull()
      const [bytes, walBytes] = [sizeOf(this.#file), sizeOf(`${this.#file}-wal`)]
      this.#report({ type: 'opening', step: 'checking the file', bytes })
      checkFile(this.#file, { whole: this.#isSuspect })
      createPrivate(this.#file)
      const db = new DatabaseSync(this.#file, { timeout: LOCK_TIMEOUT, enableForeignKeyConstraints: false })
      this.#db = db
      this.#walPages = configure(db, this.#file, this.#options.retentionSize)
      migrate(db)
      if (walBytes > 0) this.#report({ type: 'opening', step: 'bringing the WAL into the file', bytes: walBytes })
      // What is in the WAL reaches the file before ready; and a volume without room shows here, not at the first report.
      db.prepare(`INSERT INTO meta VALUES ('opened', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`).run(
        Date.now(),
      )
      const files = new FileWatch(this.#file, db)
      this.#files = files
      emptyWal(db, this.#walSize(), this.#onCheckpoint, files)
      const rows = openRows(db, {
        ...this.#options,
        forget,
        ...(clocks && { clocks }),
        countsRows: this.#options.isDrained || bytes <= FULL_CHECK_BYTES,
      })
      const walLimit = this.#walPages * PAGE
      const upkeep = new Upkeep(db, {
        file: this.#file,
        files,
        maxBytes: this.#options.retentionSize - walLimit,
        walLimit,
        onCheckpoint: this.#onCheckpoint,
        onExpired: (failures, reason) => this.#report({ type: 'expired', failures, reason }),
      })
      this.#opened = { ...rows, upkeep }
      const { statements, incidents, count } = rows
      if (clocks) upkeep.makeRoom(rows, clocks)
      if (!this.#options.isDrained && !upkeep.holds(this.#refusedBytes)) throw this.#diskFull()
      this.#wasFull = false
      this.#count = count
      this.#recorded = numberOf(db, `SELECT value FROM meta WHERE key = 'recorded'`)
      const missing = this.#readHighWaterMark(acknowledged) - this.#recorded
      this.#highWaterMark?.write(this.#recorded)
      const volatile = volatileFilesystem(this.#file, this.#options.filesystem)
      this.#isSuspect = false
      return {
        totals: statements.totals.all() as unknown as TotalRow[],
        endpoints: incidents.all(),
        size: this.size(),
        file: this.#file,
        ...(volatile !== undefined && { volatile }),
        ...(missing > 0 && {
          lost: { kind: 'lost_commits', detail: detailOf('lost_commits', this.#file, `${missing}`), lost: missing },
        }),
      }
    })
  }

  /**
   * Writes a group in one transaction. An entry that is itself at fault is left out; the others are written.
   * @param clocks where there is retention
   * @returns one result per command, in order, once they are durable
   * @throws FaultError the outcome is unknown then
   */
  commit(group: Group, clocks?: Clocks): Committed {
    return this.#guard(() => {
      const { upkeep, ...rows } = this.#open()
      const { db, statements, incidents, signals, arrivals, count, blocks } = rows
      if (clocks) upkeep.holdSize(rows, clocks)
      this.#refusedBytes = upkeep.missingRoom(group)
      if (this.#refusedBytes > 0) throw this.#diskFull()
      const begun = performance.now()
      db.exec('BEGIN IMMEDIATE')
      const { results, endpoints, added } = writeRows(group, { statements, incidents, signals, count })
      db.exec('COMMIT')
      upkeep.files.checkAfterWrite()
      this.#recorded += added
      if (added > 0) this.#highWaterMark?.tryWrite(this.#recorded)
      if (added > 0 && clocks) arrivals.note(clocks.reading.uptime)
      upkeep.checkpoint()
      this.isIndexDue = blocks.added(added)
      const seconds = (performance.now() - begun) / 1_000
      return { results, endpoints, seconds, bytes: upkeep.files.bytes }
    })
  }

  /** Runs work on the open database. @throws FaultError */
  run<T>(work: (db: DatabaseSync) => T): T {
    return this.#guard(() => {
      const { db, upkeep } = this.#open()
      const result = work(db)
      upkeep.afterWrite()
      return result
    })
  }

  /** One step of the index. */
  index(): void {
    this.#runUnawaited(() => {
      const { blocks, upkeep } = this.#open()
      if (blocks.step()) upkeep.afterWrite()
    })
  }

  /** One small step of retention, or of what comes before it; `more` says whether another one should follow. */
  expire(limits: ExpireLimits): Expired {
    return this.#guard(() => {
      const { upkeep, ...rows } = this.#open()
      return upkeep.expire(rows, limits)
    })
  }

  /** The oldest records and signals, whole, in the order in which they came. */
  oldest(limits: BatchLimits): (StoredRecord | StoredSignal)[] {
    return this.#guard(() => oldestRows(this.#open(), limits))
  }

  /** Removes records and signals; totals and incidents stay. */
  remove(ids: readonly string[]): void {
    this.#guard(() => {
      const { upkeep, ...rows } = this.#open()
      removeRows(rows, ids)
      upkeep.afterWrite()
    })
  }

  /** Drops label sets not counted since (milliseconds since the epoch); returns how many. */
  forget(unseenSince: number): number {
    return this.#guard(() => Number(this.#open().statements.forget.run(unseenSince).changes))
  }

  /** A look, also while the database is closed. It throws what the file system throws, and changes nothing. */
  size(): JournalSize {
    if (this.#opened) {
      this.#oldest = (this.#opened.statements.oldest.get() as unknown as [number] | undefined)?.[0] ?? null
    }
    const { upkeep } = this.#opened ?? {}
    if (upkeep) this.#runUnawaited(() => upkeep.retryCheckpoint())
    const wal = this.#walSize()
    return {
      failures: this.#count?.rows ?? null,
      ...(this.#options.isDrained && { signals: this.#opened?.signals.count() ?? 0 }),
      bytes: sizeOf(this.#file) + wal.bytes,
      wal,
      freeBytes: freeBytes(this.#file),
      oldestAt: this.#oldest,
    }
  }

  /** Lets everything go; the lock last. */
  close(): void {
    try {
      if (this.#db) emptyWal(this.#db, this.#walSize(), this.#onCheckpoint)
    } finally {
      this.#closeDatabase()
      this.#highWaterMark?.close()
      this.#highWaterMark = undefined
      this.#lock?.db.close()
      this.#lock = undefined
    }
  }

  #walSize = () => ({ bytes: sizeOf(`${this.#file}-wal`), limit: this.#walPages * PAGE })

  #open(): OpenDatabase {
    if (!this.#opened) throw this.#fault ?? new FaultError('io', detailOf('io', this.#file, 'it is closed'))
    this.#opened.upkeep.files.check()
    return this.#opened
  }

  #diskFull(): FaultError {
    return new FaultError('disk_full', detailOf('disk_full', this.#file))
  }

  /** @param acknowledged by this process, which counts even if the mark was removed */
  #readHighWaterMark(acknowledged: number): number {
    this.#highWaterMark?.close()
    this.#highWaterMark = new HighWaterMark(`${this.#file}.mark`)
    return Math.max(this.#highWaterMark.read(), acknowledged)
  }

  /** What no one waits for: the next operation throws what it met. */
  #runUnawaited(work: () => void): void {
    try {
      this.#guard(work)
    } catch (error) {
      this.#fault = error as FaultError
    }
  }

  /** A fault closes the database, since what SQLite holds in memory is not to be trusted after it. */
  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      const fault = faultOf(error, this.#file, isFull(dirname(this.#file)))
      this.#wasFull = fault.fault.kind === 'disk_full'
      this.#isSuspect ||= fault.fault.kind === 'corrupt'
      this.#closeDatabase()
      throw fault
    }
  }

  #closeDatabase(): void {
    const db = this.#db
    this.#db = undefined
    this.#opened = undefined
    try {
      if (db && this.#isSuspect) closeOnly(db, this.#file)
      else db?.close()
    } catch {
      // Closed as far as it goes.
    }
    this.#files?.close()
    this.#files = undefined
  }
}

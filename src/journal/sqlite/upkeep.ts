import type { DatabaseSync } from 'node:sqlite'
import type { Checkpoint } from '../../domain/ports/journal.ts'
import { Checkpointer } from './checkpoint.ts'
import type { FileWatch } from './files.ts'
import { Growth } from './growth.ts'
import { expireOldRows, expireRows, type OpenRows } from './open-rows.ts'
import { type Expired, type ExpireLimits, MOST_BYTES } from './retention.ts'
import { bytesOf, Room } from './room.ts'
import type { Group } from './rows.ts'
import type { Clocks } from './store-types.ts'

/** Milliseconds that an opening, and a group, wait at most for retention; the next one goes on with it. */
const OPENING_DEADLINE = 3_000
const GROUP_DEADLINE = 2_000
/** Failures removed in one step that somebody waits for. */
const URGENT_BATCH = 1_024

interface UpkeepOptions {
  readonly file: string
  readonly files: FileWatch
  /** Bytes that the rows may take. */
  readonly maxBytes: number
  /** Bytes. */
  readonly walLimit: number
  readonly onCheckpoint: (checkpoint: Checkpoint) => void
  /** What was removed otherwise than in retention's turn. */
  readonly onExpired: (failures: number, reason: Expired['reason']) => void
}

/** Of a step that did something else. */
const NOTHING_REMOVED: Expired = { failures: 0, reason: 'age', more: true, changedPages: false }

/** What goes with every write to an open database: a look at its files, checkpoints, retention, and the room for all that. */
export class Upkeep {
  readonly files: FileWatch
  readonly #checkpointer: Checkpointer
  readonly #options: UpkeepOptions
  readonly #growth: Growth
  readonly #room: Room
  /** Whether the last step of retention left pages in the WAL. */
  #hasChangedPages = false

  /** The WAL is empty. */
  constructor(db: DatabaseSync, options: UpkeepOptions) {
    const { file, files, maxBytes, walLimit, onCheckpoint } = options
    this.#options = options
    this.files = files
    this.#checkpointer = new Checkpointer(db, { files, limit: walLimit, report: onCheckpoint })
    this.#growth = new Growth(db, maxBytes)
    this.#room = new Room(file, db, walLimit)
    this.#room.look(0)
  }

  /** After every change of the database. @throws FaultError */
  afterWrite(): void {
    this.files.checkAfterWrite()
    this.checkpoint()
  }

  /** Where it is due, after a write that was looked at. @throws FaultError */
  checkpoint(): void {
    this.#noteCheckpoint(this.#checkpointer.afterWrite(this.files.walBytes))
  }

  /** @throws FaultError */
  retryCheckpoint(): void {
    this.#noteCheckpoint(this.#checkpointer.retry(this.files.walBytes))
  }

  /**
   * One step of retention: first of what is too old, which need be neither counted nor indexed; then of the counting and indexing,
   * which take minutes in a large file that has no index yet; then of the rest.
   * @throws what SQLite throws; FaultError
   */
  expire(rows: OpenRows, limits: ExpireLimits): Expired {
    return this.#expireStep(() => {
      const old = expireOldRows(rows, limits)
      if (old) return old
      if (rows.count.step() || rows.blocks.step()) return NOTHING_REMOVED
      return expireRows(rows, limits, this.#options.maxBytes)
    })
  }

  /** After an opening: removes what is too old or too much, where there is no room to wait for retention's turn. */
  makeRoom(rows: OpenRows, clocks: Clocks): void {
    this.#expireWhile(() => !this.holds(MOST_BYTES), OPENING_DEADLINE, rows, clocks)
  }

  /** Before a group: however much is written, and whatever it is, retention has removed as much. */
  holdSize(rows: OpenRows, clocks: Clocks): void {
    this.#expireWhile(() => this.#growth.isTooLarge(this.files.pages), GROUP_DEADLINE, rows, clocks)
  }

  /** Whether there is room for so many bytes of rows. */
  holds(bytes: number): boolean {
    return this.#room.holds(bytes, this.files.walBytes)
  }

  /** Bytes that there has to be room for before another group is tried; 0 if there is room for this one. */
  missingRoom(group: Group): number {
    const bytes = bytesOf(group)
    if (this.holds(bytes)) return 0
    // Somebody may have made some.
    this.#room.look(this.files.walBytes)
    // Opening the file anew empties the WAL, which makes no room in the end.
    return this.holds(bytes) ? 0 : 2 * bytes + this.#options.walLimit
  }

  /** @param deadline milliseconds */
  #expireWhile(isUrgent: () => boolean, deadline: number, rows: OpenRows, clocks: Clocks): void {
    const end = performance.now() + deadline
    while (isUrgent() && performance.now() < end) {
      const limits = { ...clocks, batch: URGENT_BATCH }
      const { failures, reason, more } = this.#expireStep(() => expireRows(rows, limits, this.#options.maxBytes))
      if (failures > 0) this.#options.onExpired(failures, reason)
      if (!more) return
    }
  }

  #expireStep(work: () => Expired): Expired {
    if (this.#hasChangedPages) {
      // A step of its own: retention changes so many pages that a full WAL would hold up the next report for 10 ms.
      this.#hasChangedPages = false
      this.#noteCheckpoint(this.#checkpointer.run(this.files.walBytes))
      return NOTHING_REMOVED
    }
    const expired = work()
    this.#hasChangedPages = expired.changedPages
    this.afterWrite()
    if (!expired.more) this.#growth.accept(this.files.pages)
    return expired
  }

  #noteCheckpoint(hasRun: boolean): void {
    if (hasRun) this.#room.look(this.files.walBytes)
  }
}

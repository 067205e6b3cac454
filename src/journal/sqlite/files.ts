import { type BigIntStats, statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { detailOf, FaultError } from '../core/fault.ts'
import { areFramesWhole, FRAME_HEADER, PAGE, pagesOfFrames, WAL_HEADER } from './wal-frames.ts'

// Inodes of some file systems are beyond 2^53.
export const statOf = (path: string): BigIntStats | undefined => statSync(path, { throwIfNoEntry: false, bigint: true })

/** The files as their names lead to them now. */
interface Files {
  readonly db: BigIntStats | undefined
  readonly wal: BigIntStats | undefined
}

/** Pages that the WAL of so many bytes can hold. */
export const pagesInWal = (bytes: number): number => Math.max(0, (bytes - WAL_HEADER) / (FRAME_HEADER + PAGE))

/** A checkpoint of another program may come between two looks, but not each time. */
const ATTEMPTS = 3

/** Bytes of a block in stat(2). */
const BLOCK = 512n

/**
 * Whether parts of a file take no room. Where a WAL was cut while it was written, what comes after the cut is written
 * behind a hole. A file system that compresses looks alike.
 */
const hasHoles = (file: BigIntStats | undefined): boolean => file !== undefined && file.blocks * BLOCK < file.size

/** @param last included */
const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)

/**
 * Watches the files of an open database. One that someone removed, replaced or cut takes writes until it is closed, and
 * keeps none of them. A checkpoint changes the files too, be it ours or that of a backup program: then what the files hold
 * is compared with what they should hold.
 */
export class FileWatch {
  readonly #file: string
  readonly #db: DatabaseSync
  readonly #pageCount: StatementSync
  readonly #walFrames: StatementSync
  #seen: Files
  /** Of the database when it was looked at last. */
  #pages: number

  constructor(file: string, db: DatabaseSync) {
    this.#file = file
    this.#db = db
    this.#pageCount = db.prepare('PRAGMA page_count')
    this.#walFrames = db.prepare('PRAGMA wal_checkpoint(NOOP)')
    this.#seen = this.#look()
    this.#pages = this.#readPages()
  }

  get walBytes(): number {
    return Number(this.#seen.wal?.size ?? 0)
  }

  /** Of the database and its WAL, at the last look. */
  get bytes(): number {
    return Number(this.#seen.db?.size ?? 0) + this.walBytes
  }

  /** Of the database after its last change. */
  get pages(): number {
    return this.#pages
  }

  /** @throws FaultError */
  check(): void {
    const [before, now] = [this.#seen, this.#look()]
    const isWalHere = now.wal !== undefined && now.wal.ino === before.wal?.ino
    // What was committed into a WAL that has lost its name alone is not lost yet.
    if (!isWalHere) this.#rescue()
    const isHere = isWalHere && now.db !== undefined && now.db.ino === before.db?.ino
    if (!isHere || (now.wal!.size < before.wal!.size && !this.#isWalWhole())) {
      throw new FaultError('io', detailOf('io', this.#file, 'it or its WAL was removed, replaced or cut'))
    }
    if (hasHoles(now.wal) && !hasHoles(before.wal) && !this.#isWalWhole(true)) {
      throw new FaultError('corrupt', detailOf('corrupt', this.#file, 'parts of its WAL are missing'))
    }
    // The time tells of a checkpoint and a cut back to the size of before.
    const hasChanged = now.db!.size !== before.db!.size || now.db!.mtimeNs !== before.db!.mtimeNs
    if (hasChanged && !this.#isDatabaseWhole(before.db!.size)) {
      throw new FaultError('corrupt', detailOf('corrupt', this.#file, 'pages at its end are missing'))
    }
    this.#seen = now
  }

  /** Call it after every change of the database, and before a checkpoint, which needs a look of its own. @throws FaultError */
  checkAfterWrite(): void {
    this.check()
    this.#pages = this.#readPages()
  }

  /**
   * Whether the WAL holds every frame that its index knows. After a checkpoint that emptied it, there are none.
   * @param isRead whether what they contain is checked too
   */
  #isWalWhole(isRead = false): boolean {
    const wal = `${this.#file}-wal`
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const frames = this.#walFrames.get()!['log'] as number
      const isThere = pagesInWal(Number(statOf(wal)?.size ?? 0)) >= frames
      if (isThere && (!isRead || areFramesWhole(wal, frames))) return true
    }
    return false
  }

  /**
   * A checkpoint that brought everything leaves the pages of the database in the file, as it was before or after the last
   * change. One that a reader held up only brings some of them.
   * @param before bytes
   */
  #isDatabaseWhole(before: bigint): boolean {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // Before the look: a checkpoint that runs now may have brought some pages at the look, and all of them just after it.
      const { log, checkpointed } = this.#walFrames.get() as { log: number; checkpointed: number }
      const size = statOf(this.#file)?.size ?? 0n
      const pages = this.#readPages()
      if (Number(size) >= Math.min(this.#pages, pages) * PAGE) return true
      if (size >= before && log !== checkpointed) return true
      // Another program's VACUUM made it smaller while a change of this process waited: what that added is in the WAL alone.
      const inWal = pagesOfFrames(`${this.#file}-wal`, checkpointed, log)
      if (range(Math.floor(Number(size) / PAGE) + 1, pages).every((page) => inWal.has(page))) return true
    }
    return false
  }

  #readPages(): number {
    return this.#pageCount.get()!['page_count'] as number
  }

  #look(): Files {
    return { db: statOf(this.#file), wal: statOf(`${this.#file}-wal`) }
  }

  #rescue(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // It is the fault that is reported, not this.
    }
  }
}

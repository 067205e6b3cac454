import { type BigIntStats, closeSync, openSync, readSync, statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { detailOf, FaultError } from '../core/fault.ts'
import { FRAME_HEADER, PAGE, WAL_HEADER, WalFrames } from './wal-frames.ts'

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

/** Frames whose pages are compared after a checkpoint. A WAL that a reader keeps has more; to read it each time would hold up commits. */
const MOST_COMPARED = 4_096

/** Bytes of a block in stat(2). */
const BLOCK = 512n

/**
 * Whether parts of a file take no room. Where it was cut while another program brought pages into it, what comes after the cut
 * is written behind a hole. A file system that compresses looks alike.
 */
const hasHoles = (file: BigIntStats | undefined): boolean => file !== undefined && file.blocks * BLOCK < file.size

/** What a checkpoint is to do: pages that are in the WAL alone, and the last one in the file that it leaves as it is. */
interface PlannedCheckpoint {
  readonly first: number
  readonly log: number
  readonly pages: ReadonlyMap<number, number>
  readonly last: number
  readonly lastBytes: Buffer
}

const PAGE_BUFFER = Buffer.alloc(PAGE)

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
  readonly #walState: StatementSync
  readonly #quickCheck: StatementSync
  readonly #wal: WalFrames
  /** Of the database, to read. It is closed after SQLite has closed the file: that gives up all locks of this process on it. */
  readonly #fd: number
  #seen: Files
  /** Whether holes are known to mean nothing here. */
  #hasHoles = false
  /** Of the database when it was looked at last. */
  #pages: number

  constructor(file: string, db: DatabaseSync) {
    this.#file = file
    this.#db = db
    this.#pageCount = db.prepare('PRAGMA page_count')
    this.#walState = db.prepare('PRAGMA wal_checkpoint(NOOP)')
    this.#quickCheck = db.prepare('PRAGMA quick_check(1)')
    this.#wal = new WalFrames(`${file}-wal`)
    this.#fd = openSync(file, 'r')
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
    this.#check(false)
  }

  /** Call it after every change of the database, and before a checkpoint, which needs a look of its own. @throws FaultError */
  checkAfterWrite(): void {
    this.#check(false)
    if (!this.#isWalWhole(true))
      throw new FaultError('corrupt', detailOf('corrupt', this.#file, 'parts of its WAL are missing'))
    this.#pages = this.#readPages()
  }

  /**
   * Runs a checkpoint that leaves the WAL as it is, and compares the file with the WAL. Of a file that is cut meanwhile, later
   * pages restore the size.
   * @throws FaultError; what `run` throws
   */
  checkpoint<T>(run: () => T): T {
    const planned = this.#plan()
    const result = run()
    if (planned && !this.#isCarriedOut(planned))
      throw new FaultError('corrupt', detailOf('corrupt', this.#file, 'it was cut during a checkpoint'))
    // The next look must know the size that the checkpoint gave the file, or it would miss a cut down to that of before.
    this.#check(true)
    return result
  }

  /** Belongs after the database was closed. */
  close(): void {
    closeSync(this.#fd)
  }

  /** @param isOwn whether only this process has changed the file since the last look */
  #check(isOwn: boolean): void {
    const [before, now] = [this.#seen, this.#look()]
    const isWalHere = now.wal !== undefined && now.wal.ino === before.wal?.ino
    // What was committed into a WAL that has lost its name alone is not lost yet.
    if (!isWalHere) this.#rescue()
    const isHere = isWalHere && now.db !== undefined && now.db.ino === before.db?.ino
    if (!isHere || (now.wal!.size < before.wal!.size && !this.#isWalWhole())) {
      throw new FaultError('io', detailOf('io', this.#file, 'it or its WAL was removed, replaced or cut'))
    }
    // The time tells of a checkpoint and a cut back to the size of before.
    const hasChanged = now.db!.size !== before.db!.size || now.db!.mtimeNs !== before.db!.mtimeNs
    if (hasChanged && !this.#isDatabaseWhole(before.db!.size)) {
      throw new FaultError('corrupt', detailOf('corrupt', this.#file, 'pages at its end are missing'))
    }
    if (hasChanged && !isOwn && hasHoles(now.db) && !hasHoles(before.db)) this.#checkContent()
    this.#seen = now
  }

  /** Once: what has holes and is whole all the same is no sign of damage. */
  #checkContent(): void {
    if (this.#hasHoles) return
    this.#hasHoles = true
    const verdict = this.#quickCheck.get()!['quick_check']
    if (verdict !== 'ok') throw new FaultError('corrupt', detailOf('corrupt', this.#file, 'parts of it are missing'))
  }

  #plan(): PlannedCheckpoint | undefined {
    this.#check(false)
    const { log, checkpointed } = this.#readWalState()
    if (log - checkpointed > MOST_COMPARED) return undefined
    const pages = this.#wal.pages(checkpointed, log)
    let last = Math.floor(Number(this.#seen.db!.size) / PAGE)
    while (pages.has(last)) last--
    return { first: checkpointed, log, pages, last, lastBytes: Buffer.from(this.#readPage(last)) }
  }

  /**
   * Whether each page that the checkpoint brought is in the file as it is in the WAL, and the last one of the others, which every
   * cut that reached any of them would have taken, is as before.
   */
  #isCarriedOut({ first, log, pages, last, lastBytes }: PlannedCheckpoint): boolean {
    const now = this.#readWalState()
    // Another program wrote or emptied the WAL meanwhile: the next checkpoint is compared again.
    if (now.log !== log) return true
    const count = this.#readPages()
    if (last > 0 && last <= count && !(lastBytes.length === PAGE && lastBytes.equals(this.#readPage(last))))
      return false
    return this.#wal.every(
      first,
      now.checkpointed,
      (frame, page, bytes) => pages.get(page) !== frame || page > count || bytes.equals(this.#readPage(page)),
    )
  }

  /** The next call overwrites what it returns. */
  #readPage(page: number): Buffer {
    return PAGE_BUFFER.subarray(0, page > 0 ? readSync(this.#fd, PAGE_BUFFER, 0, PAGE, (page - 1) * PAGE) : 0)
  }

  #readWalState(): { readonly log: number; readonly checkpointed: number } {
    return this.#walState.get() as { log: number; checkpointed: number }
  }

  /**
   * Whether the WAL holds every frame that its index knows. After a checkpoint that emptied it, there are none.
   * @param isRead whether what they contain is checked too
   */
  #isWalWhole(isRead = false): boolean {
    const wal = `${this.#file}-wal`
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { log } = this.#readWalState()
      const isThere = pagesInWal(Number(statOf(wal)?.size ?? 0)) >= log
      if (isThere && (!isRead || this.#wal.areWhole(log))) return true
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
      const { log, checkpointed } = this.#readWalState()
      const size = statOf(this.#file)?.size ?? 0n
      const pages = this.#readPages()
      if (Number(size) >= Math.min(this.#pages, pages) * PAGE) return true
      if (size >= before && log !== checkpointed) return true
      // Another program's VACUUM made it smaller while a change of this process waited: what that added is in the WAL alone.
      const inWal = this.#wal.pages(checkpointed, log)
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

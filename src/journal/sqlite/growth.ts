import type { DatabaseSync } from 'node:sqlite'
import { TOLERATED_EXCESS } from '../core/group-options.ts'
import { freeBytesInFile } from './database.ts'
import { PAGE } from './wal-frames.ts'

/** Bytes: a small journal is exceeded by every group. */
const TOLERATED_LEAST = 2 ** 20

/**
 * Tells when a database outgrows the limit of its size. One that was larger when it was opened, as after the limit was
 * lowered, is to become smaller at leisure, but not larger.
 */
export class Growth {
  readonly #freeBytes: () => number
  readonly #least: number
  readonly #tolerated: number
  #most: number

  /** @param limit bytes of the pages in use */
  constructor(db: DatabaseSync, limit: number) {
    this.#freeBytes = freeBytesInFile(db)
    this.#tolerated = Math.max(limit * TOLERATED_EXCESS, TOLERATED_LEAST)
    this.#least = limit + this.#tolerated
    const pages = db.prepare('PRAGMA page_count').get()!['page_count'] as number
    this.#most = Math.max(this.#least, this.#bytesInUse(pages) + this.#tolerated)
  }

  /** @param pages of the database, those included that are free */
  isTooLarge(pages: number): boolean {
    if (pages * PAGE <= this.#least) return false
    const used = this.#bytesInUse(pages)
    this.#most = Math.max(this.#least, Math.min(this.#most, used + this.#tolerated))
    return used > this.#most
  }

  /** Nothing is left to be removed, so what is stored is what it takes. @param pages as of `isTooLarge` */
  accept(pages: number): void {
    this.#most = Math.max(this.#least, this.#bytesInUse(pages) + this.#tolerated)
  }

  #bytesInUse(pages: number): number {
    return pages * PAGE - this.#freeBytes()
  }
}

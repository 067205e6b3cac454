import type { Entry, Recorded } from '../domain/journal.ts'
import { AppError } from '../errors.ts'

export interface Waiting {
  readonly entry: Entry
  resolve(recorded: Recorded): void
  reject(reason: Error): void
}

/** Entries that wait for the next group, in order, bounded by number and by bytes. */
export class EntryQueue {
  readonly #limits: { readonly pendingLimit: number; readonly pendingBytes: number }
  #waiting: Waiting[] = []
  #bytes = 0

  constructor(limits: { readonly pendingLimit: number; readonly pendingBytes: number }) {
    this.#limits = limits
  }

  get length(): number {
    return this.#waiting.length
  }

  /** @throws AppError (as rejection) `journal_full` */
  add(entry: Entry): Promise<Recorded> {
    const bytes = sizeOf(entry)
    if (
      this.#waiting.length >= this.#limits.pendingLimit ||
      (this.#waiting.length > 0 && this.#bytes + bytes > this.#limits.pendingBytes)
    ) {
      return Promise.reject(
        new AppError('journal_full', 'too many reports are waiting to be stored', { retryAfter: 1 }),
      )
    }
    this.#bytes += bytes
    return new Promise((resolve, reject) => this.#waiting.push({ entry, resolve, reject }))
  }

  /** The first entries, up to a number and a sum of bytes; at least one where there is any. */
  take(entries: number, bytes: number): Waiting[] {
    let count = 0
    let sum = 0
    for (const { entry } of this.#waiting) {
      if (count >= entries || (count > 0 && sum + sizeOf(entry) > bytes)) break
      count++
      sum += sizeOf(entry)
    }
    this.#bytes -= sum
    const taken = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    return taken
  }
}

/** Bytes that grow with what a client sends, at least. */
const sizeOf = ({ raw, failure }: Entry): number => raw.byteLength + failure.message.length + failure.url.length

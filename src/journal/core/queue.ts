import type { IncidentEvent } from '../../domain/incident.ts'
import type { Applied, Entry, Recorded } from '../../domain/journal.ts'
import { AppError } from '../../errors.ts'

/** What goes through the group commit, and what it is answered with. */
export interface Works {
  readonly entry: { readonly work: { readonly kind: 'entry'; readonly entry: Entry }; readonly done: Recorded }
  readonly event: {
    readonly work: { readonly kind: 'event'; readonly endpoint: string; readonly event: IncidentEvent }
    readonly done: Applied
  }
  readonly canary: {
    readonly work: { readonly kind: 'canary'; readonly nonce: string; readonly at: number }
    readonly done: undefined
  }
}
export type Work = Works[keyof Works]['work']

export interface Waiting {
  readonly work: Work
  resolve(done: Works[keyof Works]['done']): void
  reject(reason: Error): void
}

/** What waits for the next group, in order, bounded by number and by bytes. */
export class WorkQueue {
  readonly #limits: { readonly pendingLimit: number; readonly pendingBytes: number }
  #waiting: Waiting[] = []
  #bytes = 0

  constructor(limits: { readonly pendingLimit: number; readonly pendingBytes: number }) {
    this.#limits = limits
  }

  get length(): number {
    return this.#waiting.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws AppError (as rejection) `journal_full` */
  add<K extends keyof Works>(work: Works[K]['work'] & { kind: K }): Promise<Works[K]['done']> {
    const bytes = sizeOf(work)
    if (
      this.#waiting.length >= this.#limits.pendingLimit ||
      (this.#waiting.length > 0 && this.#bytes + bytes > this.#limits.pendingBytes)
    ) {
      return Promise.reject(
        new AppError('journal_full', 'too many reports are waiting to be stored', { retryAfter: 1 }),
      )
    }
    this.#bytes += bytes
    return new Promise((resolve, reject) =>
      this.#waiting.push({ work, resolve: resolve as Waiting['resolve'], reject }),
    )
  }

  /** The first works, up to a number and a sum of bytes; at least one where there is any. */
  take(works: number, bytes: number): Waiting[] {
    let count = 0
    let sum = 0
    for (const { work } of this.#waiting) {
      const size = sizeOf(work)
      if (count >= works || (count > 0 && sum + size > bytes)) break
      count++
      sum += size
    }
    this.#bytes -= sum
    const taken = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    return taken
  }
}

/** Bytes that grow with what a client sends, at least. */
function sizeOf(work: Work): number {
  if (work.kind !== 'entry') return 0
  const { raw, failure } = work.entry
  return raw.byteLength + failure.message.length + failure.url.length
}

import type { IncidentEvent } from '../../domain/incident.ts'
import type { Applied, Entry, Recorded } from '../../domain/journal.ts'
import { AppError } from '../../errors.ts'

/** What goes through the group commit, and what it is answered with. */
export interface Works {
  readonly entry: {
    readonly work: {
      readonly kind: 'entry'
      readonly entry: Entry
      /** Belongs into the transaction of the work before it: both came in one request. */
      readonly joined?: boolean
    }
    readonly done: Recorded
  }
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
    return this.#isFull(1, bytes) ? Promise.reject(full()) : this.#push<K>(work, bytes)
  }

  /** Adds the entries of one request, which `take` never separates: all of them, or none. */
  addAll(entries: readonly Entry[]): Promise<Recorded>[] {
    const works = entries.map((entry, index) => ({ kind: 'entry', entry, joined: index > 0 }) as const)
    const bytes = works.reduce((sum, work) => sum + sizeOf(work), 0)
    if (this.#isFull(works.length, bytes)) return works.map(() => Promise.reject(full()))
    return works.map((work) => this.#push<'entry'>(work, sizeOf(work)))
  }

  #isFull(works: number, bytes: number): boolean {
    return (
      this.#waiting.length + works > this.#limits.pendingLimit ||
      (this.#waiting.length > 0 && this.#bytes + bytes > this.#limits.pendingBytes)
    )
  }

  #push<K extends keyof Works>(work: Works[K]['work'] & { kind: K }, bytes: number): Promise<Works[K]['done']> {
    this.#bytes += bytes
    return new Promise((resolve, reject) =>
      this.#waiting.push({ work, resolve: resolve as Waiting['resolve'], reject }),
    )
  }

  /** The first works, up to a number and a sum of bytes; at least one request where there is any. */
  take(works: number, bytes: number): Waiting[] {
    let count = 0
    let sum = 0
    for (const { work } of this.#waiting) {
      const size = sizeOf(work)
      const isOver = count >= works || (count > 0 && sum + size > bytes)
      if (isOver && !isJoined(work)) break
      count++
      sum += size
    }
    this.#bytes -= sum
    const taken = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    return taken
  }
}

const full = () => new AppError('journal_full', 'too many reports are waiting to be stored', { retryAfter: 1 })

/** Whether a work belongs into the transaction of the one before it. */
export const isJoined = (work: Work): boolean => work.kind === 'entry' && work.joined === true

/** Bytes that grow with what a client sends, at least. */
function sizeOf(work: Work): number {
  if (work.kind !== 'entry') return 0
  const { raw, failure } = work.entry
  return raw.byteLength + failure.message.length + failure.url.length
}

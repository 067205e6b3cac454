/** Spans of one request that have ended, but lack their attributes. */
export interface EndedSpans {
  readonly count: number
  /** Adds what is missing, and passes the spans on. Must not throw. */
  complete(): void
}

export interface SpanQueueOptions {
  /** Most spans that wait here or for their export. */
  readonly limit: number
  /** Spans that were passed on and wait for their export. */
  readonly exporting: () => number
  readonly onDropped: (spans: number) => void
}

/**
 * Completes spans after the answers, for a millisecond per turn of the event loop. Under overload spans are dropped here,
 * before any work is done for them: what cannot be exported must not cost the reports their time.
 */
export class SpanQueue {
  readonly #options: SpanQueueOptions
  #waiting: EndedSpans[] = []
  /** By the same index, how many spans each was when it was taken. */
  #counts: number[] = []
  #spans = 0

  constructor(options: SpanQueueOptions) {
    this.#options = options
  }

  /** @returns whether they were taken; otherwise they are dropped and counted */
  add(ended: EndedSpans): boolean {
    const { limit, exporting, onDropped } = this.#options
    const { count } = ended
    if (this.#spans + exporting() + count > limit) {
      onDropped(count)
      return false
    }
    this.#spans += count
    this.#counts.push(count)
    // No promise and no timer: under load this runs once for each few requests.
    if (this.#waiting.push(ended) === 1) setImmediate(this.#run)
    return true
  }

  /** Completes all at once. */
  flush(): void {
    const due = this.#waiting
    this.#waiting = []
    this.#counts = []
    this.#spans = 0
    for (const ended of due) ended.complete()
  }

  readonly #run = (): void => {
    const due = this.#waiting
    const until = performance.now() + SLICE
    let done = 0
    while (done < due.length) {
      this.#spans -= this.#counts[done]!
      due[done++]!.complete()
      if (done % STEP === 0 && performance.now() >= until) break
    }
    this.#waiting = due.slice(done)
    this.#counts = this.#counts.slice(done)
    if (this.#waiting.length > 0) setImmediate(this.#run)
  }
}

/** Milliseconds per turn of the event loop. */
const SLICE = 1
/** Requests between two looks at the time. */
const STEP = 16

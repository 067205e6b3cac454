import { Slices } from './slices.ts'

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
  #waiting: { readonly ended: EndedSpans; readonly count: number }[] = []
  #spans = 0
  #isRunning = false

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
    this.#waiting.push({ ended, count })
    if (!this.#isRunning) void this.#run()
    return true
  }

  /** Completes all at once. */
  flush(): void {
    const due = this.#waiting
    this.#waiting = []
    this.#spans = 0
    for (const { ended } of due) ended.complete()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    const slices = new Slices()
    while (this.#waiting.length > 0) {
      await slices.pause()
      const due = this.#waiting
      let done = 0
      while (done < due.length && !slices.isOver()) {
        const { ended, count } = due[done++]!
        this.#spans -= count
        ended.complete()
      }
      this.#waiting = due.slice(done)
    }
    this.#isRunning = false
  }
}

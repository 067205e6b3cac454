import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

export interface Pace {
  /** Milliseconds for which the work may hold the event loop. */
  readonly slice: number
  /** Milliseconds between two slices; 0: the next turn of the event loop. */
  readonly rest: number
}

/** Work that should be done soon. */
const NEXT_TURN: Pace = { slice: 1, rest: 0 }

/** Long work in slices, between which reports are taken: `if (slices.isOver()) await slices.pause()`. */
export class Slices {
  readonly #pace: Pace
  #begun = performance.now()

  constructor(pace = NEXT_TURN) {
    this.#pace = pace
  }

  /** Whether the event loop must turn now. It costs about as much as rendering one line of a scrape. */
  isOver(): boolean {
    return performance.now() - this.#begun >= this.#pace.slice
  }

  async pause(): Promise<void> {
    await (this.#pace.rest > 0 ? sleep(this.#pace.rest) : nextTurn())
    this.#begun = performance.now()
  }
}

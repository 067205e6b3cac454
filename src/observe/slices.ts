import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds for which long work may hold the event loop. */
const SLICE = 1

/** Long work in slices, between which reports are taken: `if (slices.isOver()) await slices.pause()`. */
export class Slices {
  #begun = performance.now()

  /** Whether the event loop must turn now. It costs about as much as rendering one line of a scrape. */
  isOver(): boolean {
    return performance.now() - this.#begun >= SLICE
  }

  async pause(): Promise<void> {
    await nextTurn()
    this.#begun = performance.now()
  }
}

/** How long the latest groups took. Only a few are kept, and the shortest counts, so that one commit that hung is soon forgotten. */
export class LatestCommits {
  readonly #milliseconds: number[] = []

  get shortest(): number {
    return this.#milliseconds.length === 0 ? 0 : Math.min(...this.#milliseconds)
  }

  add(milliseconds: number): void {
    this.#milliseconds.push(milliseconds)
    if (this.#milliseconds.length > 4) this.#milliseconds.shift()
  }
}

/** Commands that a group may have at least: smaller groups would save no noticeable time. */
const LEAST = 32
/** Microseconds: roughly what a command adds to the time of a group, and its share of a group's fixed time. */
const PER_COMMAND = 10
const SHARE = 15

/**
 * How many commands a group may have: as many as make the fixed cost of a commit small for each of them, or half of all that
 * are pending, and no more. On a fast disk, a group of everything that waits would hold up all senders at once and leave the
 * main thread idle until it is durable; with two groups in turn, one is answered and filled while the other is written. On a
 * slow disk the group is as large as the limit allows.
 */
export class GroupSize {
  readonly #limit: number
  #fixed: number | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @param pending commands that wait or are being written */
  most(pending: number): number {
    if (this.#fixed === undefined) return this.#limit
    return Math.min(this.#limit, Math.max(LEAST, Math.ceil(this.#fixed / SHARE), Math.ceil(pending / 2)))
  }

  /** @param seconds that a group of so many commands took */
  recordSample(commands: number, seconds: number): void {
    const fixed = Math.max(0, seconds * 1e6 - commands * PER_COMMAND)
    this.#fixed = this.#fixed === undefined ? fixed : this.#fixed + (fixed - this.#fixed) / 8
  }
}

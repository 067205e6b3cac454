import { LinkedList, type ListItem } from './linked-list.ts'

/** What has a deadline. */
export abstract class Timed implements ListItem {
  /** Monotonic milliseconds. */
  dueAt = 0
  isListed = false
  before: this | undefined
  after: this | undefined

  /** Its time is over. */
  abstract onDue(): void
}

/**
 * Deadlines that are the same time away for all items, so that they are due in the order in which they were added. One timer
 * serves them all: one of Node's own for each takes three times as long, and almost none is ever due. It does not keep the
 * process running.
 */
export class Deadlines {
  readonly #milliseconds: number
  readonly #items = new LinkedList<Timed>()
  #timer: NodeJS.Timeout | undefined

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  /** @param now monotonic milliseconds, never less than those before */
  add(item: Timed, now: number): void {
    item.dueAt = now + this.#milliseconds
    this.#items.add(item)
    this.#timer ??= setTimeout(this.#check, this.#milliseconds).unref()
  }

  /** Does nothing if it is due already. */
  remove(item: Timed): void {
    this.#items.remove(item)
  }

  readonly #check = (): void => {
    const now = performance.now()
    let next = this.#items.first
    for (; next && next.dueAt <= now; next = this.#items.first) {
      this.#items.remove(next)
      next.onDue()
    }
    this.#timer = next && setTimeout(this.#check, next.dueAt - now).unref()
  }
}

import { Deadlines, Timed } from '../../deadlines.ts'

/** A promise that has neither settled nor reached its limit. */
class Pending extends Timed {
  readonly #reject: () => void

  constructor(reject: () => void) {
    super()
    this.#reject = reject
  }

  override onDue(): void {
    this.#reject()
  }
}

/**
 * A limit of so many milliseconds for each of many promises.
 * @returns a promise like the given one, but rejected with `late()` at the limit; the slow promise continues, and a late error
 *   of it is ignored
 */
export function timeLimit(milliseconds: number, late: () => Error): <T>(promise: Promise<T>) => Promise<T> {
  const deadlines = new Deadlines(milliseconds)
  return (promise) =>
    new Promise((resolve, reject) => {
      const pending = new Pending(() => reject(late()))
      deadlines.add(pending, performance.now())
      promise.then(
        (value) => {
          deadlines.remove(pending)
          resolve(value)
        },
        (error) => {
          deadlines.remove(pending)
          reject(error)
        },
      )
    })
}

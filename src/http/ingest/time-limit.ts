interface Waiting {
  /** By `performance.now()`. */
  readonly due: number
  readonly reject: (error: Error) => void
}

/**
 * A limit of so many milliseconds for each of many promises. All wait equally long, so they are due in the order in which they
 * were given, and one timer is enough: one for each report took 1 % of its time.
 * @returns a promise like the given one, but rejected with `late()` at the limit; the slow promise continues, and a late error
 *   of it is ignored
 */
export function timeLimit(milliseconds: number, late: () => Error): <T>(promise: Promise<T>) => Promise<T> {
  const waiting = new Set<Waiting>()
  let timer: NodeJS.Timeout | undefined

  const look = () => {
    timer = undefined
    const now = performance.now()
    for (const each of waiting) {
      if (each.due > now) {
        // A timer may fire a little early.
        timer = setTimeout(look, Math.ceil(each.due - now)).unref()
        return
      }
      waiting.delete(each)
      each.reject(late())
    }
  }

  return (promise) =>
    new Promise((resolve, reject) => {
      const each = { due: performance.now() + milliseconds, reject }
      waiting.add(each)
      if (timer === undefined) timer = setTimeout(look, milliseconds).unref()
      promise.then(
        (value) => {
          waiting.delete(each)
          resolve(value)
        },
        (error) => {
          waiting.delete(each)
          reject(error)
        },
      )
    })
}

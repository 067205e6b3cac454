/** Retries that each delivery pays for. */
const RATIO = 0.2
/** Retries per second in addition, so that rare deliveries have some too. */
const PER_SECOND = 10
/** Seconds for which unspent retries are kept. */
const WINDOW = 10

/**
 * Bounds retries, so that they do not double the load of an application that is overloaded: 20 % of the deliveries
 * plus 10 per second (as Linkerd does).
 */
export interface RetryBudget {
  /** @param at monotonic milliseconds, now unless given */
  delivered(at?: number): void
  /** Takes one retry out of the budget. @returns false if it is spent */
  withdraw(): boolean
}

/** @param now monotonic milliseconds */
export function createRetryBudget(now: () => number = () => performance.now()): RetryBudget {
  let earned = 0
  let spare = PER_SECOND
  let at = now()
  const refill = (time: number) => {
    const seconds = (time - at) / 1_000
    at = time
    spare = Math.min(PER_SECOND, spare + seconds * PER_SECOND)
    earned *= Math.exp(-seconds / WINDOW)
  }
  return {
    delivered(time = now()) {
      refill(time)
      earned += RATIO
    },
    withdraw() {
      refill(now())
      if (earned >= 1) earned -= 1
      else if (spare >= 1) spare -= 1
      else return false
      return true
    },
  }
}

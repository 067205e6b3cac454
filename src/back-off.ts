export interface BackOff {
  /** Milliseconds to wait before the next attempt, without counting it. */
  peek(): number
  /** Milliseconds to wait before the next attempt. */
  next(): number
  /** Starts over with the first delay: the last attempt succeeded. */
  reset(): void
}

export interface BackOffOptions {
  /** Milliseconds before the first retry. */
  readonly min: number
  /** No delay is longer than this many milliseconds. */
  readonly max: number
  /** Share of each delay that is random, so that replicas do not retry in step: 0 (none) to 1. */
  readonly jitter?: number
  /** From 0 to below 1. */
  readonly random?: () => number
}

/** Exponential back-off: each delay is twice the one before. */
export function backOff({ min, max, jitter = 0, random = Math.random }: BackOffOptions): BackOff {
  let delay = Math.min(min, max)
  return {
    peek: () => delay,
    next() {
      const current = delay
      delay = Math.min(2 * delay, max)
      return current * (1 - jitter * random())
    },
    reset() {
      delay = Math.min(min, max)
    },
  }
}

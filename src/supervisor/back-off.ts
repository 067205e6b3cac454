/** Milliseconds. */
const FIRST = 100
const MOST = 30_000
/** A service that ran for this long was healthy: its next end is the first again. */
const HEALTHY = 60_000

export interface BackOff {
  /**
   * How long to wait before the next start.
   * @param uptime milliseconds that the service ran
   */
  delay(uptime: number): number
}

/** Quick first, since most crashes are single; doubled each time, so that a crash loop costs the pod little CPU. */
export function backOff(): BackOff {
  let next = FIRST
  return {
    delay(uptime) {
      if (uptime >= HEALTHY) next = FIRST
      const delay = next
      next = Math.min(2 * next, MOST)
      return delay
    },
  }
}

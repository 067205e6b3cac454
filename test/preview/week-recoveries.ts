import type { RecoveryCount } from '../../src/domain/ports/journal.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export interface Closing {
  readonly endpoint: string
  readonly at: number
}

/** Jobs finish within half an hour; one failed, and one was never begun. */
export function recoveries(closings: readonly Closing[], now: number): RecoveryCount[] {
  return closings.map(({ endpoint, at }) => {
    const age = now - at
    const failed = endpoint === 'refunds' || (endpoint === 'orders' && age < DAY)
    const late = failed ? 'failed' : endpoint === 'loyalty-rewards' ? 'open' : 'finished'
    const status = age < HOUR / 6 ? 'requested' : age < HOUR / 2 ? 'running' : late
    return { endpoint, status, incidents: 1, oldestClosedAt: at }
  })
}

import type { Clock } from '../domain/clock.ts'
import type { EndpointState } from '../domain/incident.ts'

export interface OverdueDeps {
  /** Milliseconds after which the platform has given up on a delivery that keeps failing, by endpoint. */
  readonly giveUpAfter: ReadonlyMap<string, number>
  readonly state: (endpoint: string) => EndpointState | undefined
  readonly clock: Clock
}

/**
 * Whether the report of a lost delivery is overdue: a delivery failed, nothing succeeded since (so that no repetition of it
 * can have), the platform must have given up, and no report of the endpoint came. Then error webhooks do not arrive.
 */
export function overdueReports({ giveUpAfter, state, clock }: OverdueDeps) {
  /** When the first delivery failed that no success followed, and no report. */
  const failing = new Map<string, number>()

  /** A report, or a success that another replica saw. */
  function isAnswered(endpoint: string, since: number): boolean {
    const { incident, delivered = [] } = state(endpoint) ?? {}
    const lastGood = delivered.filter(({ proof }) => proof === 'delivery').map(({ at }) => at)
    return Math.max(incident?.lastFailureAt ?? 0, ...lastGood) >= since
  }

  return {
    succeeded: (endpoint: string): void => void failing.delete(endpoint),
    failed(endpoint: string, at: number): void {
      if (!giveUpAfter.has(endpoint)) return
      const since = failing.get(endpoint)
      if (since === undefined || isAnswered(endpoint, since)) failing.set(endpoint, at)
    },
    /** Every endpoint that has a time to give up, and whether its report is overdue now. */
    *all(): Generator<{ readonly endpoint: string; readonly isOverdue: boolean }> {
      for (const [endpoint, patience] of giveUpAfter) {
        const since = failing.get(endpoint)
        const isOverdue = since !== undefined && clock() - since >= patience && !isAnswered(endpoint, since)
        yield { endpoint, isOverdue }
      }
    },
  }
}

import type { EndpointState } from '../domain/incident/incident.ts'
import type { Clock } from '../domain/ports/clock.ts'

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
  /** When the first delivery failed that no success followed, and no report, by endpoint and route. */
  const failing = new Map<string, Map<string, number>>()

  /** A report, or a success that another replica saw. */
  function isAnswered(endpoint: string, [route, since]: [string, number]): boolean {
    const { incident, delivered = [] } = state(endpoint) ?? {}
    const lastGood = delivered.filter(({ proof, url }) => proof === 'delivery' && url === route).map(({ at }) => at)
    return Math.max(incident?.lastFailureAt ?? 0, ...lastGood) >= since
  }

  return {
    succeeded: (endpoint: string, route: string): void => void failing.get(endpoint)?.delete(route),
    failed(endpoint: string, route: string, at: number): void {
      if (!giveUpAfter.has(endpoint)) return
      const routes = failing.get(endpoint) ?? new Map<string, number>()
      failing.set(endpoint, routes)
      const since = routes.get(route)
      if (since === undefined || isAnswered(endpoint, [route, since])) routes.set(route, at)
    },
    /** Every endpoint that has a time to give up, and whether its report is overdue now. */
    *all(): Generator<{ readonly endpoint: string; readonly isOverdue: boolean }> {
      for (const [endpoint, patience] of giveUpAfter) {
        const isOverdue = [...(failing.get(endpoint) ?? [])].some(
          (failed) => clock() - failed[1] >= patience && !isAnswered(endpoint, failed),
        )
        yield { endpoint, isOverdue }
      }
    },
  }
}

import type { EndpointState, UnconfiguredLimit } from '../domain/incident/incident.ts'
import { incidentAdmission, openOf } from '../domain/incident/unconfigured-limit.ts'
import type { BoundedNames } from '../domain/report/bounded-names.ts'
import { INVALID_ENDPOINT, OTHER } from '../domain/report/failure.ts'

/**
 * Which endpoints have incidents, as far as this replica knows. The journal decides for all replicas; this keeps a flood of
 * invented URLs from its transactions.
 */
export function incidentPlaces(limits: UnconfiguredLimit | undefined, names: BoundedNames) {
  const admission = incidentAdmission(limits)
  return {
    /** As of `IncidentTracker`. */
    isTracked(endpoint: string, openedBy: string | undefined, states: ReadonlyMap<string, EndpointState>): boolean {
      if (openedBy === undefined || !admission?.isLimited(endpoint, states.get(endpoint)))
        return names.isTracked(endpoint)
      if (!admission.hasRoom(openedBy, openOf(states.values()))) return false
      if (names.isTracked(endpoint)) return true
      // Where all places are taken, one that has closed makes room.
      return (
        endpoint !== INVALID_ENDPOINT && endpoint !== OTHER && admission.oldestClosed(states.values()) !== undefined
      )
    },
    /** The endpoint to forget where too many that are not configured are remembered, once a new one has opened an incident. */
    leaving(states: ReadonlyMap<string, EndpointState>): string | undefined {
      return admission?.isFull(states.values()) ? admission.oldestClosed(states.values())?.endpoint : undefined
    },
  }
}

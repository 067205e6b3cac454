import { type EndpointState, isOpen, type Quiet } from '../domain/incident/incident.ts'
import type { Clock } from '../domain/ports/clock.ts'

/**
 * How long each endpoint with an open incident has been quiet, by a clock that is never set. After a restart it goes on from
 * what the journal knows.
 */
export function quietTimes(monotonic: Clock) {
  /** When this process first saw an open incident's `quietSince`. */
  const seen = new Map<string, { readonly since: number; readonly at: number; readonly before: number }>()
  return {
    note(state: EndpointState): void {
      const { endpoint, incident } = state
      if (!incident || !isOpen(state)) seen.delete(endpoint)
      else if (seen.get(endpoint)?.since !== incident.quietSince) {
        const { quietSince: since, quiet } = incident
        seen.set(endpoint, { since, at: monotonic(), before: quiet?.since === since ? quiet.lasted : 0 })
      }
    },
    /** The member `quiet` of an event; empty if the endpoint has no open incident. */
    of(endpoint: string): { quiet?: Quiet } {
      const known = seen.get(endpoint)
      return known ? { quiet: { since: known.since, lasted: known.before + monotonic() - known.at } } : {}
    },
    forget: (endpoint: string): void => void seen.delete(endpoint),
  }
}

import {
  type EndpointState,
  type Incident,
  type IncidentEvent,
  isOpen,
  startsTracking,
  type UnconfiguredLimit,
} from './incident.ts'

/** An incident as far as the limit goes. */
export type LimitedIncident = Pick<Incident, 'endpoint' | 'openedBy' | 'sources' | 'tenants'>

export interface IncidentAdmission {
  /** Whether the event, of an endpoint in this state, may open an incident only if `hasRoom`. Without an event: one that would open it. */
  isLimited(endpoint: string, state: EndpointState | undefined, event?: IncidentEvent): boolean
  /** What makes room if too many are remembered: of those that are not configured, the one whose incident closed first. */
  oldestClosed(states: Iterable<EndpointState>): EndpointState | undefined
  /** Whether more endpoints that are not configured are remembered than there are places for. */
  isFull(states: Iterable<EndpointState>): boolean
  /** Whether an incident that the credential opens fits beside those that are open; configured ones among them do not count. */
  hasRoom(openedBy: string, open: Iterable<LimitedIncident>): boolean
}

/** @returns undefined if there is no limit */
export function incidentAdmission(limits: UnconfiguredLimit | undefined): IncidentAdmission | undefined {
  if (!limits) return undefined
  const { limit } = limits
  const configured = new Set(limits.configured)
  const share = limit === 1 ? 1 : Math.floor(limit / 2)
  return {
    isLimited: (endpoint, state, event) =>
      !configured.has(endpoint) && (state === undefined || !isOpen(state)) && (event === undefined || opens(event)),
    oldestClosed(states) {
      let oldest: EndpointState | undefined
      for (const state of states)
        if (!configured.has(state.endpoint) && !isOpen(state) && (!oldest || closedAt(state) < closedAt(oldest)))
          oldest = state
      return oldest
    },
    isFull(states) {
      let others = 0
      for (const { endpoint } of states) if (!configured.has(endpoint)) others++
      return others > limits.places - configured.size
    },
    hasRoom(openedBy, open) {
      let all = 0
      let own = 0
      for (const incident of open) {
        if (configured.has(incident.endpoint)) continue
        all++
        if (openerOf(incident) === openedBy) own++
      }
      return all < limit && own < share
    },
  }
}

/** A credential, as far as it can be told from others. @param tenant of the credential, not one that a report names */
export const credentialOf = (source: string, tenant: string): string => (tenant === '' ? source : `${source}/${tenant}`)

/** Who opens an incident by this event. */
export function eventOpener(event: IncidentEvent): string {
  if (event.type === 'failure') return event.openedBy ?? credentialOf(event.source, event.tenant)
  if (event.type === 'signal') return event.openedBy ?? credentialOf(event.signal.source, event.signal.tenant)
  return ''
}

/** Open incidents among states. */
export function* openOf(states: Iterable<EndpointState>): Generator<Incident> {
  for (const state of states) if (isOpen(state)) yield state.incident!
}

const closedAt = ({ incident }: EndpointState): number => incident?.closedAt ?? 0

const opens = (event: IncidentEvent): boolean =>
  (event.type === 'failure' || event.type === 'signal') && startsTracking(event)

const openerOf = ({ openedBy, sources, tenants }: LimitedIncident): string =>
  openedBy ?? credentialOf(sources[0] ?? '', tenants[0] ?? '')

import {
  type Change,
  type IncidentEvent,
  type IncidentSettings,
  newEndpoint,
} from '../../src/domain/incident/incident.ts'
import { reduceIncident } from '../../src/domain/incident/reduce-incident.ts'

export const MINUTE = 60_000

export const SETTINGS: IncidentSettings = { quietTime: 30 * MINUTE, goodProbes: 3, failedProbes: 0 }

export const T = Date.parse('2026-11-24T02:00:00Z')

/** Applies events one after the other; times are minutes after T. */
export function run(events: readonly IncidentEvent[], settings = SETTINGS, state = newEndpoint('orders')) {
  const changes: Change[] = []
  for (const event of events) {
    const reduced = reduceIncident(state, event, settings)
    state = reduced.state
    changes.push(reduced.change)
  }
  return { state, changes, incident: state.incident! }
}

export let ids = 0

export const failure = (minute: number, cause: 'timeout' | 'tls' = 'timeout'): IncidentEvent => ({
  type: 'failure',
  at: T + minute * MINUTE,
  id: `f${++ids}`,
  code: 504,
  source: 'retm',
  tenant: 'cafe',
  cause,
})

export const probe = (minute: number, up: boolean, more: object = {}): IncidentEvent => ({
  type: 'probe',
  at: T + minute * MINUTE,
  startedAt: T + minute * MINUTE - 5,
  id: `p${++ids}`,
  scheduled: true,
  up,
  pathUnproven: false,
  status: up ? 200 : null,
  cause: up ? null : 'connection_refused',
  ...more,
})

export const tick = (minute: number, probed = true): IncidentEvent => ({
  type: 'tick',
  at: T + minute * MINUTE,
  probed,
})

export const at = (minute: number) => T + minute * MINUTE

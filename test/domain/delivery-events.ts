import {
  type Change,
  type DeliveryStream,
  type IncidentEvent,
  type IncidentSettings,
  newEndpoint,
  type Origin,
} from '../../src/domain/incident/incident.ts'
import { reduceIncident } from '../../src/domain/incident/reduce-incident.ts'

const MINUTE = 60_000

export const SETTINGS: IncidentSettings = { quietTime: 30 * MINUTE, goodProbes: 3, failedProbes: 0 }

const T = Date.parse('2026-11-24T02:00:00Z')

export const at = (minute: number) => T + minute * MINUTE

export const CAFE: Origin = { source: 'svix', tenant: 'cafe', url: 'svix:ep_1' }

export function run(events: readonly IncidentEvent[], state = newEndpoint('orders')) {
  const changes: Change[] = []
  for (const event of events) {
    const reduced = reduceIncident(state, event, SETTINGS)
    state = reduced.state
    changes.push(reduced.change)
  }
  return { state, changes, incident: state.incident! }
}

export const stream = (
  since: number,
  count: number,
  origin: Origin = CAFE,
  proof: DeliveryStream['proof'] = 'platform',
) => ({
  ...origin,
  at: at(since) + count,
  proof,
  run: { since: at(since), count },
})

export const delivered = (minute: number, ...streams: DeliveryStream[]): IncidentEvent => ({
  type: 'delivered',
  at: at(minute),
  streams,
})

export const proxied = (minute: number, count: number): IncidentEvent =>
  delivered(minute, stream(minute, count, { source: 'proxy', tenant: '', url: 'orders' }, 'delivery'))

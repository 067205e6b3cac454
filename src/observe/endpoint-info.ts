import type { EndpointState } from '../domain/incident/incident.ts'
import { ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import type { EndpointFacts } from '../domain/report/endpoint.ts'
import { VERIFY_ENDPOINT, VERIFY_SEVERITY } from '../domain/report/failure.ts'
import { visible } from '../domain/text/external-text.ts'
import { Gauge, type Registry } from './client.ts'

type Label = 'event' | 'team' | 'severity' | 'endpoint'

/**
 * `webhook_endpoint_info`: of configured endpoints, of all that have incidents, and of others that failed while there is room.
 * Alerts join incidents with it, and take the severity from it.
 * @param severity of endpoints that are not configured
 */
export function endpointInfo(
  registry: Registry,
  { endpoints, severity }: { readonly endpoints: readonly EndpointFacts[]; readonly severity: string },
) {
  let states: () => Iterable<EndpointState> = () => []
  const configured = new Set(endpoints.map(({ name }) => name))
  const shown = new Map<string, Record<Label, string>>()
  const info = new Gauge<Label>({
    name: 'webhook_endpoint_info',
    help: `Configuration of an endpoint, always 1. Exactly one series per endpoint, at most ${ENDPOINT_LIMIT}.`,
    labelNames: ['endpoint', 'event', 'team', 'severity'],
    registers: [registry],
    collect() {
      const missing = [...states()].filter(({ endpoint }) => !shown.has(endpoint))
      if (missing.length === 0) return
      makeRoom(missing.length)
      for (const { endpoint } of missing) show(unconfigured(endpoint))
    },
  })

  function show({ name: endpoint, event, team, severity }: EndpointFacts): void {
    const labels = { endpoint, ...visible({ event, team }), severity }
    shown.set(endpoint, labels)
    info.set(labels, 1)
  }

  const unconfigured = (name: string): EndpointFacts => ({
    name,
    event: '',
    team: '',
    severity: name === VERIFY_ENDPOINT ? VERIFY_SEVERITY : severity,
  })

  /** After a start, endpoints without an incident may have come first. */
  function makeRoom(missing: number): void {
    const kept = new Set([...configured, ...[...states()].map(({ endpoint }) => endpoint)])
    for (const [endpoint, labels] of shown) {
      if (shown.size + missing <= ENDPOINT_LIMIT) return
      if (kept.has(endpoint)) continue
      shown.delete(endpoint)
      info.remove(labels)
    }
  }

  return {
    observe: (source: () => Iterable<EndpointState>): void => {
      states = source
    },
    /** An endpoint that is not configured failed. */
    failed(endpoint: string): void {
      if (!shown.has(endpoint) && shown.size < ENDPOINT_LIMIT) show(unconfigured(endpoint))
    },
    reset(): void {
      shown.clear()
      info.reset()
      for (const endpoint of endpoints) show(endpoint)
    },
  }
}

import { Counter, Gauge, type Registry } from 'prom-client'
import type { EndpointState } from '../domain/incident.ts'

/**
 * The incidents of followed endpoints. All of it is read from their states at each scrape, so that it is what the journal
 * holds, also after a restart; nothing here can drift. At most 500 endpoints.
 */
export function incidentMetrics(registry: Registry, configured: readonly string[]) {
  const registers = [registry]
  let states: () => Iterable<EndpointState> = () => []

  new Gauge<'endpoint'>({
    name: 'webhook_incident_open',
    help: 'Whether an incident of the endpoint is open: 1 or 0. It stays at 0 after closing. At most 500 endpoints.',
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const endpoint of configured) this.set({ endpoint }, 0)
      for (const { endpoint, incident } of states())
        this.set({ endpoint }, incident && incident.closedAt === null ? 1 : 0)
    },
  })
  new Gauge<'endpoint'>({
    name: 'webhook_incident_started_timestamp_seconds',
    help: "When the endpoint's newest incident was opened, as Unix time. Absent before the first. At most 500 endpoints.",
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, incident } of states()) if (incident) this.set({ endpoint }, incident.openedAt / 1_000)
    },
  })
  new Counter<'endpoint'>({
    name: 'webhook_incidents_total',
    help: 'Incidents opened. One that is opened again within incidents.quietTime is the same one. At most 500 endpoints.',
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const endpoint of configured) this.inc({ endpoint }, 0)
      for (const { endpoint, incidents } of states()) this.inc({ endpoint }, incidents)
    },
  })
  new Gauge<'endpoint' | 'cause' | 'code'>({
    name: 'webhook_incident_info',
    help: 'Cause by the newest verdict and code of the newest report of an open incident, always 1. Exactly one series an endpoint while open, at most 500 endpoints.',
    labelNames: ['endpoint', 'cause', 'code'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, incident } of states()) {
        if (!incident || incident.closedAt !== null) continue
        this.set({ endpoint, cause: incident.cause, code: incident.report ? String(incident.report.code) : 'none' }, 1)
      }
    },
  })
  return {
    observe: (source: () => Iterable<EndpointState>): void => {
      states = source
    },
  }
}

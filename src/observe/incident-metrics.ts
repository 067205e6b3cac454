import type { EndpointState, Incident } from '../domain/incident.ts'
import { calledFor } from '../domain/remedies/remedies.ts'
import { Counter, Gauge, type Registry } from './client.ts'

/** A configured endpoint's canonical URL; undefined for one that is its own URL. */
export type UrlOf = (endpoint: string) => string | undefined

/** Rules and remedies are closed sets; the URL is canonical. Before there is a verdict its rule is `none`. */
const verdictOf = (incident: Incident, urlOf: UrlOf) => ({
  endpoint: incident.endpoint,
  rule: incident.verdict?.rule ?? 'none',
  ...calledFor(incident, urlOf),
})

/**
 * The incidents of tracked endpoints, at most 500.
 * All metrics are read from the incidents' states at each scrape, so they cannot drift from the journal.
 */
export function incidentMetrics(registry: Registry, configured: readonly string[], urlOf: UrlOf) {
  const registers = [registry]
  let states: () => Iterable<EndpointState> = () => []
  const openIncidents = (): Incident[] =>
    [...states()].flatMap(({ incident }) => (incident && incident.closedAt === null ? [incident] : []))

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
    help: 'Incidents opened. An incident that is reopened within incidents.quietTime counts once. At most 500 endpoints.',
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const endpoint of configured) this.inc({ endpoint }, 0)
      for (const { endpoint, incidents } of states()) this.inc({ endpoint }, incidents)
    },
  })
  const notOpened = new Counter({
    name: 'webhook_incidents_not_opened_total',
    help: 'Reports and early warnings that were stored but opened no incident, because incidents.unconfiguredLimit or the limit of 500 endpoints was reached. Counted by this process since it started.',
    registers,
  })
  new Gauge<'endpoint'>({
    name: 'webhook_incident_loss_started_timestamp_seconds',
    help: "The last proven good moment before the endpoint's newest incident, as Unix time: deliveries since then may be lost. Absent if none is known. At most 500 endpoints.",
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, incident } of states())
        if (incident && incident.loss.from !== null) this.set({ endpoint }, incident.loss.from / 1_000)
    },
  })
  new Gauge<'endpoint' | 'cause' | 'code'>({
    name: 'webhook_incident_info',
    help: 'Cause by the newest verdict and code of the newest report (before the first one, early warning) of an open incident, always 1. Exactly one series per endpoint while open, at most 500 endpoints.',
    labelNames: ['endpoint', 'cause', 'code'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, cause, report, signals } of openIncidents()) {
        const code = (report ?? signals?.warning)?.code
        this.set({ endpoint, cause, code: code === undefined ? 'none' : String(code) }, 1)
      }
    },
  })
  new Gauge<'endpoint' | 'cause' | 'code'>({
    name: 'webhook_incident_report_info',
    help: 'Cause and code of the newest report of an open incident, regardless of probes, always 1. At most one series per endpoint while open, at most 500 endpoints.',
    labelNames: ['endpoint', 'cause', 'code'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, report } of openIncidents())
        if (report) this.set({ endpoint, cause: report.cause, code: String(report.code) }, 1)
    },
  })
  new Gauge<'endpoint' | 'rule' | 'remedy' | 'url'>({
    name: 'webhook_incident_verdict_info',
    help: 'The newest verdict on an open incident, always 1: its rule (none before the first verdict), the remedy for it, and the URL that it is about. Exactly one series per endpoint while open, at most 500 endpoints.',
    labelNames: ['endpoint', 'rule', 'remedy', 'url'],
    registers,
    collect() {
      this.reset()
      for (const incident of openIncidents()) this.set(verdictOf(incident, urlOf), 1)
    },
  })
  return {
    observe: (source: () => Iterable<EndpointState>): void => {
      states = source
    },
    notOpened: (): void => notOpened.inc(),
  }
}

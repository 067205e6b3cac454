import type { EndpointState, Incident } from '../domain/incident/incident.ts'
import { endWords, hasLoss, incidentWords } from '../domain/incident/incident-words.ts'
import type { Clock } from '../domain/ports/clock.ts'
import { Counter, Gauge, type Registry } from './client.ts'

export interface IncidentMetricOptions {
  /** Names of the configured endpoints. */
  readonly configured: readonly string[]
  /** A configured endpoint's canonical URL; undefined for one that is its own URL. */
  readonly urlOf: (endpoint: string) => string | undefined
  /** How to restore what an incident lost, in one line from a closed set. */
  readonly recoveryOf: (incident: Incident) => string
  readonly clock: Clock
}

/** For how long after its end a page of an incident is shown: a scrape must see it, so that the alert ends with how that is known. */
const SHOWN_AFTER = 5 * 60_000

const isShown = ({ closedAt }: Incident, now: number): boolean =>
  closedAt === null || Math.abs(now - closedAt) < SHOWN_AFTER

function pageOf(incident: Incident, { urlOf, recoveryOf }: IncidentMetricOptions) {
  const { endpoint, cause, report, signals } = incident
  const code = (report ?? signals?.warning)?.code
  const { title, summary, check, remedy } = incidentWords(incident, urlOf)
  return {
    endpoint,
    cause,
    code: code === undefined ? 'none' : String(code),
    title,
    summary,
    check,
    proof: endWords(incident),
    recovery: hasLoss(incident) ? recoveryOf(incident) : '',
    remedy,
  }
}

/**
 * The incidents of tracked endpoints, at most 500.
 * All metrics are read from the incidents' states at each scrape, so they cannot drift from the journal.
 */
export function incidentMetrics(
  registry: Registry,
  states: () => Iterable<EndpointState>,
  options: IncidentMetricOptions,
) {
  const { configured, clock } = options
  const registers = [registry]

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
      for (const { endpoint, incident } of states()) {
        const from = incident?.loss.from ?? null
        if (from !== null) this.set({ endpoint }, from / 1_000)
      }
    },
  })
  new Gauge<'endpoint'>({
    name: 'webhook_incident_loss_ended_timestamp_seconds',
    help: "The recovery from the endpoint's newest incident, as Unix time: deliveries until then may be lost. Absent while it is open. At most 500 endpoints.",
    labelNames: ['endpoint'],
    registers,
    collect() {
      this.reset()
      for (const { endpoint, incident } of states()) {
        const until = incident?.loss.until ?? null
        if (until !== null) this.set({ endpoint }, until / 1_000)
      }
    },
  })
  new Gauge<keyof ReturnType<typeof pageOf>>({
    name: 'webhook_incident_info',
    help: "What a page says of an endpoint's incident: 1 while it is open, and 0 for five minutes after it closed. Cause by the newest verdict, code of the newest report (before the first one, early warning), and texts from closed sets. At most 500 endpoints.",
    labelNames: ['endpoint', 'cause', 'code', 'title', 'summary', 'check', 'proof', 'recovery', 'remedy'],
    registers,
    collect() {
      this.reset()
      for (const { incident } of states())
        if (incident && isShown(incident, clock()))
          this.set(pageOf(incident, options), incident.closedAt === null ? 1 : 0)
    },
  })
  return {
    notOpened: (): void => notOpened.inc(),
  }
}

import { counter, ENDPOINT, gauge, type Signal } from './model.ts'

/** Incidents, open and past. */
export const INCIDENT_SIGNALS = {
  incidentOpen: gauge(
    'webhook_incident_open',
    'boolean',
    ENDPOINT,
    'Whether an incident of the endpoint is open: 1 or 0. It stays at 0 after closing. At most 500 endpoints.',
  ),
  incidentStarted: gauge(
    'webhook_incident_started_timestamp_seconds',
    'unix_seconds',
    ENDPOINT,
    "When the endpoint's newest incident was opened, as Unix time. Absent before the first. At most 500 endpoints.",
    { absent: 'before the first incident' },
  ),
  incidents: counter(
    'webhook_incidents_total',
    ENDPOINT,
    'Incidents opened. An incident that is reopened within incidents.quietTime counts once. At most 500 endpoints.',
    // Every replica shows all of them.
    { expression: 'max by (namespace, job, endpoint) (increase(webhook_incidents_total{$select}[$window]))' },
  ),
  incidentsNotOpened: counter(
    'webhook_incidents_not_opened_total',
    [],
    'Reports and early warnings that were stored but opened no incident, because incidents.unconfiguredLimit or the limit of 500 endpoints was reached. Counted by this process since it started.',
  ),
  incidentLossStarted: gauge(
    'webhook_incident_loss_started_timestamp_seconds',
    'unix_seconds',
    ENDPOINT,
    "The last proven good moment before the endpoint's newest incident, as Unix time: deliveries since then may be lost. Absent if none is known. At most 500 endpoints.",
    { absent: 'where no good moment before the incident is known' },
  ),
  incidentLossEnded: gauge(
    'webhook_incident_loss_ended_timestamp_seconds',
    'unix_seconds',
    ENDPOINT,
    "The recovery from the endpoint's newest incident, as Unix time: deliveries until then may be lost. Absent while it is open. At most 500 endpoints.",
    { absent: 'while the incident is open, and before the first one' },
  ),
  incidentInfo: gauge(
    'webhook_incident_info',
    'info',
    ['endpoint', 'cause', 'code', 'title', 'summary', 'check', 'proof', 'recovery', 'remedy'],
    "What a page says of an endpoint's incident: 1 while it is open, and 0 for five minutes after it closed. Cause by the newest verdict, code of the newest report (before the first one, early warning), and texts from closed sets. At most 500 endpoints.",
    { absent: 'before the first incident, and from five minutes after it closed' },
  ),
  incidentFailures: gauge(
    'webhook_incident_failures',
    'count',
    ENDPOINT,
    "Lost deliveries of the endpoint's open incident. 0 if none is open, or if the open one has only early warnings or failed probes. At most 500 endpoints.",
  ),
} as const satisfies Record<string, Signal>

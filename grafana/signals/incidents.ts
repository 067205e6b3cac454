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
  incidentInfo: gauge(
    'webhook_incident_info',
    'info',
    ['endpoint', 'cause', 'code'],
    'Cause by the newest verdict and code of the newest report (before the first one, early warning) of an open incident, always 1. Exactly one series per endpoint while open, at most 500 endpoints.',
    { absent: 'while no incident is open' },
  ),
  incidentReportInfo: gauge(
    'webhook_incident_report_info',
    'info',
    ['endpoint', 'cause', 'code'],
    'Cause and code of the newest report of an open incident, regardless of probes, always 1. At most one series per endpoint while open, at most 500 endpoints.',
    { absent: 'while no incident is open, and where probes alone opened it' },
  ),
  incidentVerdictInfo: gauge(
    'webhook_incident_verdict_info',
    'info',
    ['endpoint', 'rule', 'remedy', 'url'],
    'The newest verdict on an open incident, always 1: its rule (none before the first verdict), the remedy for it, and the URL that it is about. Exactly one series per endpoint while open, at most 500 endpoints.',
    { absent: 'while no incident is open' },
  ),
  incidentFailures: gauge(
    'webhook_incident_failures',
    'count',
    ENDPOINT,
    "Lost deliveries of the endpoint's open incident. 0 if none is open, or if the open one has only early warnings or failed probes. At most 500 endpoints.",
  ),
} as const satisfies Record<string, Signal>

/**
 * Every signal that rules, panels, docs/metrics.md and tests are made from, once. `expression` is how the signal is read:
 * `$select` stands for the matchers of a release (job, namespace and, where the metric has it, endpoint), `$window` for a
 * range. Tests hold names, types, labels and help against the service's own /metrics.
 */
export const UNITS = ['count', 'seconds', 'bytes', 'unix_seconds', 'boolean', 'info', 'ratio'] as const
export type Unit = (typeof UNITS)[number]
export type SignalType = 'counter' | 'gauge' | 'histogram' | 'recorded'

export interface Signal {
  /** As on /metrics, without a histogram's suffix; the record's name where `type` is recorded. */
  readonly name: string
  readonly type: SignalType
  readonly unit: Unit
  /** The help text on /metrics; of a recorded signal what it holds. */
  readonly help: string
  /** Labels of its own: target labels (namespace, job, instance, pod) come on top. */
  readonly labels: readonly string[]
  /** PromQL with the placeholders `$select` and `$window`; see `read`. */
  readonly expression: string
  /** Where it is absent unless something is configured or has happened, in words. */
  readonly absent?: string
}

const counter = (
  name: string,
  labels: readonly string[],
  help: string,
  more: Partial<Pick<Signal, 'expression' | 'absent' | 'unit'>> = {},
) => ({
  name,
  type: 'counter' as const,
  unit: 'count' as Unit,
  labels,
  help,
  expression: `sum by (${['namespace', 'job', ...labels].join(', ')}) (increase(${name}{$select}[$window]))`,
  ...more,
})

const gauge = (
  name: string,
  unit: Unit,
  labels: readonly string[],
  help: string,
  more: Partial<Pick<Signal, 'expression' | 'absent'>> & { readonly by?: 'max' | 'min' | 'sum' } = {},
) => {
  const { by = 'max', ...rest } = more
  return {
    name,
    type: 'gauge' as const,
    unit,
    labels,
    help,
    expression: `${by} by (${['namespace', 'job', ...labels].join(', ')}) (${name}{$select})`,
    ...rest,
  }
}

/** Read as its 99th percentile. */
const histogram = (
  name: string,
  labels: readonly string[],
  help: string,
  more: Partial<Pick<Signal, 'unit' | 'absent'>> = {},
) => ({
  name,
  type: 'histogram' as const,
  unit: 'seconds' as Unit,
  labels,
  help,
  expression: `histogram_quantile(0.99, sum by (${['namespace', 'job', ...labels, 'le'].join(', ')}) (rate(${name}_bucket{$select}[$window])))`,
  ...more,
})

const recorded = (name: string, unit: Unit, labels: readonly string[], help: string) => ({
  name,
  type: 'recorded' as const,
  unit,
  labels,
  help,
  expression: `${name}{$select}`,
})

const ENDPOINT = ['endpoint'] as const
const PROBED = ['endpoint', 'vantage'] as const
const DELIVERY = ['source', 'endpoint', 'code', 'cause'] as const

export const SIGNALS = {
  deliveryFailures: counter(
    'webhook_delivery_failures_total',
    DELIVERY,
    'Deliveries that a source gave up on and reported. Label sets are bounded by webhook_exporter_series_limit.',
  ),
  lastFailure: gauge(
    'webhook_delivery_last_failure_timestamp_seconds',
    'unix_seconds',
    DELIVERY,
    'When the last such failure was received, as Unix time. Absent before the first; never decreasing.',
    { absent: 'before the first failure' },
  ),
  endpointFailures: counter(
    'webhook_endpoint_failures_total',
    ['source', 'endpoint'],
    'Deliveries to an endpoint that a source gave up on. At most 500 endpoints per source.',
  ),
  endpointInfo: gauge(
    'webhook_endpoint_info',
    'info',
    ['endpoint', 'event', 'team', 'severity'],
    'Configuration of an endpoint, always 1. Exactly one series per endpoint, at most 500.',
  ),
  endpointUp: gauge(
    'webhook_endpoint_up',
    'boolean',
    PROBED,
    'Whether the last probe found the endpoint up: 1 or 0. Absent while this receiver may have no egress. At most 500 endpoints.',
    { by: 'min', absent: 'before the first probe' },
  ),
  lastProbe: gauge(
    'webhook_endpoint_last_probe_timestamp_seconds',
    'unix_seconds',
    PROBED,
    'When the last probe started, as Unix time. At most 500 endpoints.',
    { absent: 'before the first probe' },
  ),
  probeDuration: gauge(
    'webhook_endpoint_probe_duration_seconds',
    'seconds',
    [...PROBED, 'phase'],
    'How long each phase of the last probe took: resolve, connect, tls, http. At most 500 endpoints.',
    { absent: 'for a phase that the last probe did not reach' },
  ),
  probes: counter(
    'webhook_endpoint_probes_total',
    [...PROBED, 'result', 'cause', 'trigger'],
    'Probes by result (up, down, unverified: this receiver may have no egress), cause (none if up) and trigger (scheduled, incident, report, manual). At most 500 endpoints.',
    { absent: 'without a probed endpoint' },
  ),
  certificateEnd: gauge(
    'webhook_endpoint_tls_not_after_timestamp_seconds',
    'unix_seconds',
    PROBED,
    'Expiry of the certificate that the last probe saw, as Unix time. Absent without TLS. At most 500 endpoints.',
    { by: 'min', absent: 'before the first probe, and without TLS' },
  ),
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
  endpointDisabled: gauge(
    'webhook_endpoint_disabled',
    'boolean',
    ['source', 'endpoint'],
    'Whether a source has disabled the endpoint: 1 or 0. At most 500 endpoints per source.',
    { absent: 'for sources that report nothing but lost deliveries' },
  ),
  sourceSignals: counter(
    'webhook_source_signals_total',
    ['source', 'signal'],
    'Signals received from a source: lost, failing, disabled, recovered, delivered, ignored. Each id counts once. The source proxy is the built-in proxy.',
  ),
  endpointDeliveries: counter(
    'webhook_endpoint_deliveries_total',
    ['source', 'endpoint', 'result', 'code'],
    'Deliveries by final result, from sources that report successes and from the built-in proxy, since this process started. The code is the status that the platform got, 0 if it got no complete answer, none if unknown. At most 500 endpoints, 20 codes per endpoint and result, and 5000 series in all; the rest is other.',
    { absent: 'before the first delivery that a source or the proxy reports' },
  ),
  reportOverdue: gauge(
    'webhook_endpoint_report_overdue',
    'boolean',
    ENDPOINT,
    'Whether no report arrived although the platform must have given up on a delivery that the proxy saw fail: 1 or 0. Only endpoints of routes with giveUpAfter.',
    { absent: 'without a proxied route that has giveUpAfter' },
  ),
  canaryLastSuccess: gauge(
    'webhook_canary_last_success_timestamp_seconds',
    'unix_seconds',
    [],
    'When a canary last returned, as Unix time; before the first one, when the canary was first configured. Stored in the journal.',
    { absent: 'without a canary' },
  ),
  canaryRoundTrip: gauge(
    'webhook_canary_round_trip_seconds',
    'seconds',
    [],
    'Round trip of the last canary that returned. Absent before the first.',
    { absent: 'without a canary, and before its first success' },
  ),
  canaryRuns: counter(
    'webhook_canary_runs_total',
    ['result', 'cause'],
    'Canaries sent, by result (success, failure) and cause (none for a success).',
    { absent: 'without a canary' },
  ),
  recoveryState: gauge(
    'webhook_incident_recovery_state',
    'count',
    ['endpoint', 'state'],
    'Closed incidents by recovery state: not_needed, open, requested, running, finished, failed. At most 500 endpoints.',
    { absent: 'while recovery is off' },
  ),
  recoveryOldestOpen: gauge(
    'webhook_incident_recovery_oldest_open_timestamp_seconds',
    'unix_seconds',
    ['endpoint'],
    'When the oldest incident with an unfinished recovery (neither finished nor not_needed) was closed, as Unix time. Absent if there is none. At most 500 endpoints.',
    { by: 'min', absent: 'while recovery is off, and if none is open' },
  ),
  recoveryOverdueAfter: gauge(
    'webhook_incident_recovery_overdue_after_seconds',
    'seconds',
    [],
    'Time after closing within which a recovery should finish: recovery.overdueAfter.',
    { absent: 'while recovery is off' },
  ),
  hookDeliveries: counter(
    'webhook_hook_deliveries_total',
    ['hook', 'event', 'result'],
    'Attempts to send an event to a hook, by result: success, failure (retried), given_up (after the last attempt). At most 20 hooks.',
    { absent: 'without hooks' },
  ),
  hookOldestPending: gauge(
    'webhook_hook_oldest_pending_seconds',
    'seconds',
    ['hook'],
    'Age of the oldest event still to be sent to the hook; 0 if there is none. Only on the leader. At most 20 hooks.',
    { absent: 'without hooks' },
  ),
  deliveryAttempts: counter(
    'webhook_endpoint_delivery_attempts_total',
    ['endpoint', 'result', 'code'],
    'Delivery attempts by the proxy, by what the application did: result is success (2xx) or failure; code is the status, or connect, unsent, reset, timeout, protocol, incomplete, client_closed. At most 500 endpoints and 20 codes for each.',
    { absent: 'without a proxy' },
  ),
  deliveryDuration: histogram(
    'webhook_endpoint_delivery_duration_seconds',
    ENDPOINT,
    'Time from the header of a delivery to the last byte of its answer, including retries. At most 500 endpoints.',
    { absent: 'without a proxy' },
  ),
  deliveryRetries: counter(
    'webhook_endpoint_delivery_retries_total',
    ['endpoint', 'reason', 'result'],
    'Deliveries with a first attempt that failed in a retryable way, by reason (connect, unsent, reset, timeout, status) and result: saved (succeeded in the end), failed, not_allowed (by the route, its patience or the budget). At most 500 endpoints.',
    { absent: 'without a proxy' },
  ),
  deliveriesInFlight: gauge(
    'webhook_endpoint_deliveries_in_flight',
    'count',
    ENDPOINT,
    'Deliveries in progress in the proxy, including those that wait for a connection. At most 500 endpoints.',
    { by: 'sum', absent: 'without a proxy' },
  ),
  deliveryPatience: gauge(
    'webhook_endpoint_delivery_patience_seconds',
    'seconds',
    ENDPOINT,
    "How late another attempt at a delivery may begin: the shortest patience of the endpoint's routes. At most 500 endpoints.",
    { by: 'min', absent: 'without a proxy' },
  ),
  reports: counter(
    'webhook_exporter_reports_total',
    ['source', 'outcome', 'reason'],
    'Requests to the ingest listener by outcome and reason. Both are closed sets.',
  ),
  reportDuration: histogram(
    'webhook_exporter_report_duration_seconds',
    ['source', 'outcome'],
    'From the first byte of a request to the last of its answer.',
  ),
  journalUp: gauge('webhook_exporter_journal_up', 'boolean', [], 'Whether the journal can be written: 1 or 0.', {
    by: 'min',
  }),
  journalFailures: gauge(
    'webhook_exporter_journal_failures',
    'count',
    [],
    'Failures stored in the journal. Absent until they are counted.',
    { absent: 'until they are counted' },
  ),
  journalPending: gauge(
    'webhook_exporter_journal_pending',
    'count',
    [],
    'Entries that wait for the journal or are being written.',
    { by: 'sum' },
  ),
  journalPendingLimit: gauge(
    'webhook_exporter_journal_pending_limit',
    'count',
    [],
    'Maximum number of pending entries; further ones are answered 503.',
    { by: 'sum' },
  ),
  journalSize: gauge('webhook_exporter_journal_size_bytes', 'bytes', [], 'Size of the journal in bytes.', {
    absent: 'before the first look',
  }),
  journalFree: gauge(
    'webhook_exporter_journal_free_bytes',
    'bytes',
    [],
    'Free bytes on the volume. Absent if the journal is not a local file.',
    { by: 'min', absent: 'where the journal is not a local file' },
  ),
  journalWal: gauge(
    'webhook_exporter_journal_wal_bytes',
    'bytes',
    [],
    'Size of the write-ahead log of SQLite in bytes. Absent if the journal is not a local file.',
    { absent: 'where the journal is not a local file' },
  ),
  journalWalLimit: gauge(
    'webhook_exporter_journal_wal_limit_bytes',
    'bytes',
    [],
    'Size in bytes at which the write-ahead log is checkpointed. Absent if the journal is not a local file.',
    { absent: 'where the journal is not a local file' },
  ),
  journalRetentionStopped: gauge(
    'webhook_exporter_journal_retention_stopped',
    'boolean',
    ['reason'],
    'Whether retention by age is stopped because the wall clock cannot be trusted: 1 or 0. Reasons are a closed set.',
  ),
  journalOldest: gauge(
    'webhook_exporter_journal_oldest_timestamp_seconds',
    'unix_seconds',
    [],
    'When the oldest failure in the journal was received, as Unix time. Absent if there is none.',
    { by: 'min', absent: 'in an empty journal' },
  ),
  journalCommitDuration: histogram(
    'webhook_exporter_journal_commit_duration_seconds',
    [],
    'Duration of a commit of a group of entries.',
  ),
  journalCommitEntries: histogram('webhook_exporter_journal_commit_entries', [], 'Entries per commit.', {
    unit: 'count',
  }),
  journalErrors: counter(
    'webhook_exporter_journal_errors_total',
    ['kind'],
    'Faults of the journal, including failed attempts to reopen it. Kinds are a closed set.',
  ),
  journalReadErrors: counter(
    'webhook_exporter_journal_read_errors_total',
    ['kind'],
    'Failed reads of the journal: closed (it is not open), query (a bug in the exporter), otherwise the reason. Kinds are a closed set.',
  ),
  journalCheckpoints: counter(
    'webhook_exporter_journal_checkpoints_total',
    ['result'],
    'Checkpoints of the write-ahead log by result: ok, blocked (by a reader), failed.',
  ),
  journalExpired: counter(
    'webhook_exporter_journal_expired_total',
    ['reason'],
    'Failures removed by retention, by the limit that they exceeded: age or size.',
  ),
  series: gauge('webhook_exporter_series', 'count', [], 'Label sets of webhook_delivery_failures_total in use.'),
  seriesLimit: gauge(
    'webhook_exporter_series_limit',
    'count',
    [],
    'Maximum number of label sets of webhook_delivery_failures_total: metrics.seriesLimit. Absent until it is known.',
    { absent: 'until the journal is open' },
  ),
  labelOverflow: counter(
    'webhook_exporter_label_overflow_total',
    ['label'],
    'Failures counted with this label set to "other", because their label set exceeded the limit.',
  ),
  spans: counter(
    'webhook_exporter_spans_total',
    ['result'],
    'Spans by result: exported, dropped (the queue was full), failed (the collector did not accept them).',
  ),
  credentials: gauge(
    'webhook_exporter_credentials',
    'count',
    ['source'],
    'Credentials that are valid for a source now. 0: every report is rejected, unless the source needs none.',
    { by: 'min' },
  ),
  adminOpen: gauge(
    'webhook_exporter_admin_open',
    'boolean',
    [],
    'Whether the admin API listens beyond this machine without admin.apiToken: 1 or 0.',
  ),
  credentialsReloadFailures: counter(
    'webhook_exporter_credentials_reload_failures_total',
    ['source'],
    'Failed reloads of credentials; the last good ones stay in use.',
  ),
  egressUp: gauge(
    'webhook_exporter_egress_up',
    'boolean',
    [],
    'Whether this receiver has egress: 1 if anything outside answered in the last 3 minutes (a probe, the canary, outbound.reference), 0 if all attempts failed. Absent if there were none.',
    { by: 'min', absent: 'while nothing outside was tried' },
  ),
  buildInfo: gauge(
    'webhook_exporter_build_info',
    'info',
    ['version', 'node_version'],
    'Version of the service and of Node.js, always 1.',
  ),
  configValid: gauge(
    'webhook_exporter_config_valid',
    'boolean',
    [],
    'Whether the configuration is valid: 1 or 0. Only the sidecar form runs with an invalid one; it answers every report 503.',
    { by: 'min' },
  ),
  configErrors: gauge(
    'webhook_exporter_config_errors',
    'count',
    [],
    'Errors in the configuration; the log and /readyz name each of them.',
  ),
  restarts: counter(
    'webhook_exporter_restarts_total',
    [],
    'Restarts of the service by the supervisor of the sidecar form, which the kubelet does not count.',
  ),
  processCpu: counter('process_cpu_seconds_total', [], 'Total user and system CPU time spent in seconds.', {
    unit: 'seconds',
  }),
  processMemory: gauge('process_resident_memory_bytes', 'bytes', [], 'Resident memory size in bytes.'),
  processStart: gauge(
    'process_start_time_seconds',
    'unix_seconds',
    [],
    'Start time of the process since unix epoch in seconds.',
  ),
  eventLoopLag: gauge(
    'nodejs_eventloop_lag_p99_seconds',
    'seconds',
    [],
    'The 99th percentile of the recorded event loop delays.',
  ),
  heapUsed: gauge('nodejs_heap_size_used_bytes', 'bytes', [], 'Process heap size used from Node.js in bytes.'),
  openFds: gauge('process_open_fds', 'count', [], 'Number of open file descriptors.'),

  incidentHeld: recorded(
    'namespace_job_endpoint:webhook_incident_open:held',
    'boolean',
    ENDPOINT,
    'Whether an incident of the endpoint is open, held through the replacement of a pod, a gap and an absent receiver.',
  ),
  endpointInfoHeld: recorded(
    'namespace_job_endpoint:webhook_endpoint_info:held',
    'info',
    ['endpoint', 'team', 'severity', 'event'],
    'Team, severity and event of an endpoint, 1; exactly one series per endpoint, by the newest process, held as the incident is.',
  ),
  failureIncrease: recorded(
    'job:webhook_delivery_failures:increase10m',
    'count',
    DELIVERY,
    'Failures in the last ten minutes, with a first sample credited and a restored one not. All labels but instance and pod.',
  ),
  endpointDisabledHeld: recorded(
    'namespace_job_endpoint_source:webhook_endpoint_disabled:held',
    'boolean',
    ['source', 'endpoint'],
    'Whether a source has disabled the endpoint of an open incident, held as the incident is.',
  ),
  deliveryRate: recorded(
    'endpoint:webhook_endpoint_deliveries:rate5m',
    'count',
    ['source', 'endpoint', 'result', 'code'],
    'Deliveries per second by their final result over five minutes. An ingress that counts deliveries can record the same name.',
  ),
  effectiveRatio: recorded(
    'namespace_job_endpoint:webhook_endpoint_deliveries:success_ratio5m',
    'ratio',
    ENDPOINT,
    'Share of deliveries that succeeded in the end over five minutes, of all sources that report successes (effective).',
  ),
  actualRatio: recorded(
    'namespace_job_endpoint:webhook_endpoint_delivery_attempts:success_ratio5m',
    'ratio',
    ENDPOINT,
    'Share of the proxy’s attempts that succeeded over five minutes (actual).',
  ),
  reportIncrease: recorded(
    'job:webhook_exporter_reports:increase10m',
    'count',
    ['source', 'outcome', 'reason'],
    'Requests to the ingest listener in the last ten minutes, correct across restarts, with the first sample of a new process credited. All labels but instance and pod.',
  ),
} as const satisfies Record<string, Signal>

export type SignalKey = keyof typeof SIGNALS

/** @returns the signal's expression for matchers such as `job="x"` (without braces) and a range such as `5m` or `$__interval` */
export function read(key: SignalKey, { select, window = '5m' }: { select: string; window?: string }): string {
  return SIGNALS[key].expression.replaceAll('$select', () => select).replaceAll('$window', () => window)
}

/** Dashboards' uids, which links of alerts and of each other use. */
export const DASHBOARDS = {
  overview: 'webhook-overview',
  endpoint: 'webhook-endpoint',
  exporter: 'webhook-exporter',
} as const

import { counter, gauge, type Signal } from './model.ts'

/** The exporter itself: its limits, credentials, egress and configuration. */
export const EXPORTER_SIGNALS = {
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
    'Whether this receiver has egress: 1 if anything outside answered within three probe intervals (an endpoint, the canary, outbound.reference); 0 once nothing does and that shows that this receiver is cut off (no route, no resolver, or several hosts silent), until something outside answers. Otherwise absent: one silent host shows nothing.',
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
  memoryKills: counter(
    'webhook_exporter_oom_kills_total',
    [],
    'Restarts of the service by the supervisor after the kernel had killed it because the memory of the container was used up.',
  ),
} as const satisfies Record<string, Signal>

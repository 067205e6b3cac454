import { counter, gauge, type Signal } from './model.ts'

const PROBED = ['endpoint', 'vantage'] as const

/** What probes saw of an endpoint. */
export const PROBE_SIGNALS = {
  endpointUp: gauge(
    'webhook_endpoint_up',
    'boolean',
    PROBED,
    'Whether the last probe found the endpoint up: 1 or 0. Absent while this receiver may be cut off. At most 500 endpoints.',
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
    'Probes by result (up, down, unverified: this receiver may be cut off), cause (none if up) and trigger (scheduled, incident, report, manual). At most 500 endpoints.',
    { absent: 'without a probed endpoint' },
  ),
  certificateEnd: gauge(
    'webhook_endpoint_tls_not_after_timestamp_seconds',
    'unix_seconds',
    PROBED,
    'Expiry of the certificate that the last probe saw, as Unix time. Absent without TLS. At most 500 endpoints.',
    { by: 'min', absent: 'before the first probe, and without TLS' },
  ),
} as const satisfies Record<string, Signal>

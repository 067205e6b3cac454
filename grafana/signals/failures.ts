import { counter, DELIVERY, gauge, type Signal } from './model.ts'

/** Lost deliveries, and the endpoints that they are counted for. */
export const FAILURE_SIGNALS = {
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
} as const satisfies Record<string, Signal>

import { counter, ENDPOINT, gauge, histogram, type Signal } from './model.ts'

/** Deliveries that the proxy passes on. */
export const PROXY_SIGNALS = {
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
    'Requests in progress in the proxy, including those that wait for a connection and those that turn out to be no deliveries. At most 500 endpoints.',
    { by: 'sum', absent: 'without a proxy' },
  ),
  otherRequests: counter(
    'webhook_exporter_proxy_other_requests_total',
    ['endpoint', 'reason'],
    'Requests that the proxy passed on and that are no deliveries, which nothing else counts, by reason: method (not one of the route), path (below a route without platform), unsigned (without what identifies the platform), unauthorized (the same, or nothing identifies it, and the application answered 401 or 403), hang_up (the client disconnected, or stopped sending or reading). At most 500 endpoints.',
    { absent: 'without a proxy' },
  ),
  deliveryPatience: gauge(
    'webhook_endpoint_delivery_patience_seconds',
    'seconds',
    ENDPOINT,
    "How late another attempt at a delivery may begin: the shortest patience of the endpoint's routes. At most 500 endpoints.",
    { by: 'min', absent: 'without a proxy' },
  ),
} as const satisfies Record<string, Signal>

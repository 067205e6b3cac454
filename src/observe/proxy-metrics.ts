import {
  type AttemptCode,
  type DeliveryMetrics,
  OTHER_REASONS,
  RETRY_REASONS,
  RETRY_RESULTS,
} from '../domain/report/delivery.ts'
import { OTHER } from '../domain/report/failure.ts'
import { type Count, Counter, type Durations, Gauge, Histogram, observeIn, type Registry } from './client.ts'

/** Codes of attempts: statuses, and why there is none. */
const FIRST_CODES = [
  [true, 200],
  [false, 'connect'],
  [false, 'reset'],
] as const
/** Codes with series of their own, for each endpoint; further ones are counted under `other`. */
const CODE_LIMIT = 20

/** Seconds. Fine around the one that a platform is taken to wait, and its half. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60]
const observe = observeIn(BUCKETS)

/** Where deliveries to one endpoint are counted. */
interface EndpointCounts {
  /** Counted plainly, twice per delivery, and read at a scrape. */
  inFlight: number
  /** By code. */
  readonly attempts: Map<AttemptCode, Count>
  readonly durations: Durations
}

/** What metrics need of a route; more than one may have the same endpoint. */
export interface ProxiedRoute {
  readonly endpoint: string
  /** Milliseconds. */
  readonly patience: number
}

/**
 * What the proxy sees. Series exist for the endpoints of its routes, at most 500, from the start.
 * Deliveries themselves are counted where those of all sources are.
 */
export function proxyMetrics(registry: Registry, routes: readonly ProxiedRoute[]): DeliveryMetrics {
  const registers = [registry]
  const counts = new Map<string, EndpointCounts>()
  const attempts = new Counter<'endpoint' | 'result' | 'code'>({
    name: 'webhook_endpoint_delivery_attempts_total',
    help: 'Delivery attempts by the proxy, by what the application did: result is success (2xx) or failure; code is the status, or connect, unsent, reset, timeout, protocol, incomplete, client_closed. At most 500 endpoints and 20 codes for each.',
    labelNames: ['endpoint', 'result', 'code'],
    registers,
  })
  const duration = new Histogram<'endpoint'>({
    name: 'webhook_endpoint_delivery_duration_seconds',
    help: 'Time from the header of a delivery to the last byte of its answer, including retries. At most 500 endpoints.',
    labelNames: ['endpoint'],
    buckets: BUCKETS,
    registers,
  })
  const retries = new Counter<'endpoint' | 'reason' | 'result'>({
    name: 'webhook_endpoint_delivery_retries_total',
    help: 'Deliveries with a first attempt that failed in a retryable way, by reason (connect, unsent, reset, timeout, status) and result: saved (succeeded in the end), failed, not_allowed (by the route, its patience or the budget). At most 500 endpoints.',
    labelNames: ['endpoint', 'reason', 'result'],
    registers,
  })
  new Gauge<'endpoint'>({
    name: 'webhook_endpoint_deliveries_in_flight',
    help: 'Requests in progress in the proxy, including those that wait for a connection and those that turn out to be no deliveries. At most 500 endpoints.',
    labelNames: ['endpoint'],
    registers,
    collect() {
      for (const [endpoint, { inFlight }] of counts) this.set({ endpoint }, inFlight)
    },
  })
  const others = new Counter<'endpoint' | 'reason'>({
    name: 'webhook_exporter_proxy_other_requests_total',
    help: 'Requests that the proxy passed on and that are no deliveries, which nothing else counts, by reason: method (not one of the route), path (below a route without platform), unsigned (without what identifies the platform), unauthorized (the same, or nothing identifies it, and the application answered 401 or 403), hang_up (the client disconnected, or stopped sending or reading). At most 500 endpoints.',
    labelNames: ['endpoint', 'reason'],
    registers,
  })
  const patience = new Gauge<'endpoint'>({
    name: 'webhook_endpoint_delivery_patience_seconds',
    help: "How late another attempt at a delivery may begin: the shortest patience of the endpoint's routes. At most 500 endpoints.",
    labelNames: ['endpoint'],
    registers,
  })

  function attemptsOf(endpoint: string, ok: boolean, code: string): Count {
    const labels = { endpoint, result: ok ? 'success' : 'failure', code }
    attempts.inc(labels, 0)
    return attempts.store.entry(labels)
  }

  /** First come, first served: the first codes have series of their own. */
  function attempted({ endpoint, ok, code }: Parameters<DeliveryMetrics['attempted']>[0]): void {
    const known = counts.get(endpoint)!.attempts
    let series = known.get(code)
    if (!series) {
      const isOther = known.size >= CODE_LIMIT
      series = attemptsOf(endpoint, ok, isOther ? OTHER : String(code))
      if (!isOther) known.set(code, series)
    }
    series.value++
  }

  for (const endpoint of new Set(routes.map((route) => route.endpoint))) {
    const own = routes.filter((route) => route.endpoint === endpoint)
    patience.set({ endpoint }, Math.min(...own.map((route) => route.patience)) / 1_000)
    for (const reason of RETRY_REASONS) for (const result of RETRY_RESULTS) retries.inc({ endpoint, reason, result }, 0)
    for (const reason of OTHER_REASONS) others.inc({ endpoint, reason }, 0)
    duration.zero({ endpoint })
    counts.set(endpoint, {
      inFlight: 0,
      attempts: new Map(FIRST_CODES.map(([ok, code]) => [code, attemptsOf(endpoint, ok, String(code))])),
      durations: duration.store.entry({ endpoint })!,
    })
  }
  return {
    requestBegun: (endpoint) => void counts.get(endpoint)!.inFlight++,
    attempted,
    deliveryEnded({ endpoint, seconds, retry }) {
      const known = counts.get(endpoint)!
      known.inFlight--
      observe(known.durations, seconds)
      if (retry) retries.inc({ endpoint, ...retry })
    },
    otherEnded(endpoint, reason) {
      counts.get(endpoint)!.inFlight--
      others.inc({ endpoint, reason })
    },
  }
}

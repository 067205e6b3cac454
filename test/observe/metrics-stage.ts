import type { JournalStatus } from '../../src/domain/ports/journal.ts'
import type { Failure } from '../../src/domain/report/failure.ts'
import type { SeriesLabels } from '../../src/domain/report/series.ts'
import { createMetrics, type MetricsOptions, type PrometheusMetrics } from '../../src/observe/metrics.ts'

export const OPENMETRICS = 'application/openmetrics-text;version=1.0.0'
export const TRACE = '0af7651916cd43dd8448eb211c80319c'
export const ORDERS = { name: 'orders', event: 'order.created', team: 'shop', severity: 'critical' }
export const LABELS: SeriesLabels = {
  source: 'retm',
  tenant: '',
  endpoint: 'orders',
  code: '500',
  cause: 'server_error',
}
export const COUNTER =
  'webhook_delivery_failures_total{source="retm",endpoint="orders",code="500",cause="server_error"}'
export const TIMESTAMP =
  'webhook_delivery_last_failure_timestamp_seconds{source="retm",endpoint="orders",code="500",cause="server_error"}'
export const BY_ENDPOINT = 'webhook_endpoint_failures_total{source="retm",endpoint="orders"}'

export const failure = (receivedAt = 1_700_000_000_123) => ({ receivedAt }) as Failure
export const status = (more: Partial<JournalStatus> = {}): JournalStatus => ({
  up: true,
  since: 0,
  pending: 2,
  pendingLimit: 100,
  size: null,
  ...more,
})

/** The faults of the metrics that were created last. */
export const faults: unknown[] = []

export const create = (more: Partial<MetricsOptions> = {}): PrometheusMetrics => {
  faults.length = 0
  return createMetrics({
    version: '1.2.3',
    sources: ['retm'],
    endpoints: [ORDERS],
    tenantLabel: false,
    processMetrics: false,
    onFault: (error) => faults.push(error),
    ...more,
  })
}

export const text = async (metrics: PrometheusMetrics) => (await metrics.render(undefined)).body

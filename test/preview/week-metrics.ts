import type { JournalStatus } from '../../src/domain/ports/journal-status.ts'
import type { MetricSources } from '../../src/domain/ports/telemetry.ts'
import type { Failure } from '../../src/domain/report/failure.ts'
import { createMetrics, type PrometheusMetrics } from '../../src/observe/metrics.ts'
import { ENDPOINTS, PROXIED, SOURCE } from './faults.ts'

const HOUR = 3_600_000
/** Milliseconds that the journal keeps a failure. */
export const RETENTION = 5 * 24 * HOUR
const VERSION = '0.1.0'

/** The service's own instruments, as it configures them. @param observed what they read at each scrape */
export function startMetrics(observed: MetricSources): PrometheusMetrics {
  const metrics = createMetrics({
    version: VERSION,
    sources: [SOURCE],
    endpoints: ENDPOINTS,
    tenantLabel: false,
    canary: true,
    proxied: PROXIED.map(({ endpoint }) => ({ endpoint, patience: 1_000 })),
    hooks: ['backfill'],
    recovery: {
      isOn: (endpoint) => endpoint !== 'invalid',
      configured: ENDPOINTS.map(({ name }) => name),
      overdueAfter: 4 * HOUR,
    },
    processMetrics: false,
    onFault: (error) => {
      throw error
    },
  })
  metrics.observe(observed)
  return metrics
}

/** All times are in milliseconds since the epoch. @param failures since the week's start, oldest first */
export function journalStatus(
  failures: readonly Failure[],
  {
    up,
    since,
    start,
    now,
  }: { readonly up: boolean; readonly since: number; readonly start: number; readonly now: number },
): JournalStatus {
  const kept = failures.filter(({ receivedAt }) => receivedAt > now - RETENTION)
  return {
    up,
    since,
    pending: up ? 0 : 40,
    pendingLimit: 1_000,
    size: {
      failures: kept.length,
      bytes: 400_000 + kept.length * 3_200,
      freeBytes: 900e6 - ((now - start) / HOUR) * 2.2e6,
      oldestAt: kept[0]?.receivedAt ?? null,
      wal: { bytes: 4_000_000, limit: 4_194_304 },
    },
  }
}

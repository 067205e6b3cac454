import { isUnfinished, RECOVERY_STATUSES } from '../domain/incident/recovery.ts'
import type { RecoveryCount } from '../domain/ports/journal.ts'
import { ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import { OTHER } from '../domain/report/failure.ts'
import { Gauge, type Registry } from './client.ts'

export interface RecoveryMetricOptions {
  /** Whether incidents of the endpoint get a recovery. */
  readonly isOn: (endpoint: string) => boolean
  /** Names of the configured endpoints. */
  readonly configured: readonly string[]
  /** Milliseconds. */
  readonly overdueAfter: number
}

/** Milliseconds that a scrape waits for the journal; then it shows what was known before. */
const PATIENCE = 1_000

/**
 * The recoveries of closed incidents. The journal is asked at each scrape, so that what any replica changed is current at
 * the next one. At most 500 endpoints; the incidents of others count as `other`.
 */
export function recoveryMetrics(registry: Registry, { isOn, configured, overdueAfter }: RecoveryMetricOptions) {
  const registers = [registry]
  let source: () => Promise<readonly RecoveryCount[]> = async () => []
  let known: readonly RecoveryCount[] = []
  let reading: Promise<void> | undefined

  /** Both gauges of a scrape share one reading. */
  const read = (): Promise<void> => {
    reading ??= Promise.race([
      source().then((counts) => {
        known = bounded(counts.filter(({ endpoint }) => isOn(endpoint)))
      }),
      new Promise<void>((resolve) => setTimeout(resolve, PATIENCE).unref()),
    ])
      .catch(() => {})
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  function bounded(counts: readonly RecoveryCount[]): RecoveryCount[] {
    const names = new Set(configured)
    return counts.map((count) => {
      if (names.size < ENDPOINT_LIMIT) names.add(count.endpoint)
      return names.has(count.endpoint) ? count : { ...count, endpoint: OTHER }
    })
  }

  new Gauge<'endpoint' | 'state'>({
    name: 'webhook_incident_recovery_state',
    help: 'Closed incidents by recovery state: not_needed, open, requested, running, finished, failed. At most 500 endpoints.',
    labelNames: ['endpoint', 'state'],
    registers,
    async collect() {
      await read()
      this.reset()
      const names = new Set([...configured.filter(isOn), ...known.map(({ endpoint }) => endpoint)])
      for (const endpoint of names) for (const state of RECOVERY_STATUSES) this.set({ endpoint, state }, 0)
      for (const { endpoint, status: state, incidents } of known) this.inc({ endpoint, state }, incidents)
    },
  })
  new Gauge<'endpoint'>({
    name: 'webhook_incident_recovery_oldest_open_timestamp_seconds',
    help: 'When the oldest incident with an unfinished recovery (neither finished nor not_needed) was closed, as Unix time. Absent if there is none. At most 500 endpoints.',
    labelNames: ['endpoint'],
    registers,
    async collect() {
      await read()
      this.reset()
      const oldest = new Map<string, number>()
      for (const { endpoint, oldestClosedAt, ...count } of known)
        if (isUnfinished(count)) oldest.set(endpoint, Math.min(oldest.get(endpoint) ?? oldestClosedAt, oldestClosedAt))
      for (const [endpoint, at] of oldest) this.set({ endpoint }, at / 1_000)
    },
  })
  new Gauge({
    name: 'webhook_incident_recovery_overdue_after_seconds',
    help: 'Time after closing within which a recovery should finish: recovery.overdueAfter.',
    registers,
  }).set(overdueAfter / 1_000)
  return {
    observe(counts: () => Promise<readonly RecoveryCount[]>): void {
      source = counts
    },
  }
}

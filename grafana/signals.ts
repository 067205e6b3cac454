import { CANARY_SIGNALS } from './signals/canary.ts'
import { EXPORTER_SIGNALS } from './signals/exporter.ts'
import { FAILURE_SIGNALS } from './signals/failures.ts'
import { HOOK_SIGNALS } from './signals/hooks.ts'
import { INCIDENT_SIGNALS } from './signals/incidents.ts'
import { JOURNAL_SIGNALS } from './signals/journal.ts'
import { PROBE_SIGNALS } from './signals/probes.ts'
import { PROCESS_SIGNALS } from './signals/process.ts'
import { PROXY_SIGNALS } from './signals/proxy.ts'
import { RECORDED_SIGNALS } from './signals/recordings.ts'
import { RECOVERY_SIGNALS } from './signals/recovery.ts'
import { REPORT_SIGNALS } from './signals/reports.ts'
import { SOURCE_SIGNALS } from './signals/sources.ts'

/**
 * Every signal that rules, panels, docs/metrics.md and tests are made from, once. `expression` is how the signal is read:
 * `$select` stands for the matchers of a release (job, namespace and, where the metric has it, endpoint), `$window` for a
 * range. Tests hold names, types, labels and help against the service's own /metrics.
 */
export const SIGNALS = {
  ...FAILURE_SIGNALS,
  ...PROBE_SIGNALS,
  ...INCIDENT_SIGNALS,
  ...SOURCE_SIGNALS,
  ...CANARY_SIGNALS,
  ...RECOVERY_SIGNALS,
  ...HOOK_SIGNALS,
  ...PROXY_SIGNALS,
  ...REPORT_SIGNALS,
  ...JOURNAL_SIGNALS,
  ...EXPORTER_SIGNALS,
  ...PROCESS_SIGNALS,
  ...RECORDED_SIGNALS,
} as const

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

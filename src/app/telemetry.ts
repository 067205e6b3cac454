import { type HookPlan, isRecoveryOn } from '../domain/incident/hook-plan.ts'
import type { Restarts, Tracing } from '../domain/ports/telemetry.ts'
import { endpointUrls, unconfiguredSeverity } from '../domain/report/endpoint.ts'
import { sourcesThatName } from '../domain/report/endpoint-refs.ts'
import { VERIFY_ENDPOINT, VERIFY_SEVERITY } from '../domain/report/failure.ts'
import { createMetrics, type PrometheusMetrics } from '../observe/metrics.ts'
import type { RecoveryMetricOptions } from '../observe/recovery-metrics.ts'
import { createTracing } from '../observe/tracing.ts'
import type { ProbePlan } from '../service/probe-plans.ts'
import { recoveryAdvice, sourceEntries } from '../sources/index.ts'
import { VERSION } from '../version.ts'
import type { StartContext } from './context.ts'
import { hookPlan } from './hook-plan.ts'

/** Most milliseconds for the last spans: a collector that does not answer must not use up the shutdown deadline. */
const FLUSH_DEADLINE = 3_000

export interface Telemetry {
  readonly metrics: PrometheusMetrics
  readonly tracing: Tracing
}

/** @throws RangeError with the text of `tracingFault` */
export async function startTelemetry(
  { config, log, cleanUps }: StartContext,
  { plans, restarts }: { readonly plans: readonly ProbePlan[]; readonly restarts?: Restarts },
): Promise<Telemetry> {
  const sources = sourceEntries(config.sources)
  const plan = hookPlan(config)
  const metrics = createMetrics({
    version: VERSION,
    urlOf: endpointUrls(config.endpoints),
    recoveryOf: ({ endpoint, sources: names }) =>
      recoveryAdvice(sources, names, config.endpoints.find(({ name }) => name === endpoint)?.event ?? ''),
    sources: sources.map(({ name }) => name),
    endpoints: [
      ...config.endpoints.map((endpoint) => ({ ...endpoint, sources: sourcesThatName(endpoint, sources) })),
      ...(config.simulation ? [VERIFICATIONS] : []),
    ],
    unconfiguredSeverity: unconfiguredSeverity(config),
    lossOnly: sources.filter(({ kind }) => kind.reportsOnlyLosses).map(({ name }) => name),
    tenantLabel: config.metrics.tenantLabel,
    canary: config.canary !== undefined,
    ...(config.proxy && { proxied: config.proxy.routes }),
    hooks: config.hooks.map(({ name }) => name),
    ...(plan && { recovery: recoveryOptions(config, plan) }),
    ...(restarts && { restarts }),
    probed: plans.flatMap(({ endpoint, views }) => views.map(({ vantage }) => ({ endpoint, vantage }))),
    onFault: (error) => log.error({ err: error }, 'failed to update a metric'),
  })
  const tracing = await createTracing({ log, version: VERSION, onSpans: metrics.spans })
  cleanUps.push('tracing', (deadline) => tracing.close(Math.min(deadline, FLUSH_DEADLINE)))
  return { metrics, tracing }
}

/** Counted from the start, so that the first verification is an increase. */
const VERIFICATIONS = { name: VERIFY_ENDPOINT, event: '', team: '', severity: VERIFY_SEVERITY }

const recoveryOptions = ({ endpoints, recovery }: StartContext['config'], plan: HookPlan): RecoveryMetricOptions => ({
  isOn: (endpoint) => isRecoveryOn(plan, endpoint),
  configured: endpoints.map(({ name }) => name),
  overdueAfter: recovery.overdueAfter,
})

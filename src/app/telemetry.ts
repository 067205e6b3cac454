import { endpointUrls, sourcesThatName, unconfiguredSeverity } from '../domain/endpoint.ts'
import type { Tracing } from '../domain/telemetry.ts'
import { createMetrics, type PrometheusMetrics } from '../observe/metrics.ts'
import { createTracing } from '../observe/tracing.ts'
import type { ProbePlan } from '../service/probe-plans.ts'
import { sourceEntries } from '../sources/index.ts'
import { VERSION } from '../version.ts'
import type { StartContext } from './context.ts'

/** Most milliseconds for the last spans: a collector that does not answer must not use up the shutdown deadline. */
const FLUSH_DEADLINE = 3_000

export interface Telemetry {
  readonly metrics: PrometheusMetrics
  readonly tracing: Tracing
}

/** @throws RangeError with the text of `tracingFault` */
export async function startTelemetry(
  { config, log, cleanUps }: StartContext,
  { plans, restarts }: { readonly plans: readonly ProbePlan[]; readonly restarts: number },
): Promise<Telemetry> {
  const sources = sourceEntries(config.sources)
  const metrics = createMetrics({
    version: VERSION,
    urlOf: endpointUrls(config.endpoints),
    sources: sources.map(({ name }) => name),
    endpoints: config.endpoints.map((endpoint) => ({ ...endpoint, sources: sourcesThatName(endpoint, sources) })),
    unconfiguredSeverity: unconfiguredSeverity(config),
    lossOnly: sources.filter(({ kind }) => kind.reportsOnlyLosses).map(({ name }) => name),
    tenantLabel: config.metrics.tenantLabel,
    canary: config.canary !== undefined,
    ...(config.proxy && { proxied: config.proxy.routes.map(({ endpoint }) => endpoint) }),
    restarts,
    probed: plans.flatMap(({ endpoint, views }) => views.map(({ vantage }) => ({ endpoint, vantage }))),
    onFault: (error) => log.error({ err: error }, 'failed to update a metric'),
  })
  const tracing = await createTracing({ log, version: VERSION, onSpans: metrics.spans })
  cleanUps.push('tracing', (deadline) => tracing.close(Math.min(deadline, FLUSH_DEADLINE)))
  return { metrics, tracing }
}

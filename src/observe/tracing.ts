import type { Log, RequestSpan, Tracing } from '../domain/telemetry.ts'
import type { SpanResult } from './metrics.ts'

export interface TracingOptions {
  readonly version: string
  /** Called for spans as their fate is known. */
  readonly onSpans: (result: SpanResult, count: number) => void
  readonly log: Log
}

type Env = Readonly<Record<string, string | undefined>>

/** Whether the standard environment asks for spans: an exporter or an OTLP endpoint is named, and the SDK is not disabled. */
export function tracingWanted(env: Env): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim()
  if (exporter) return exporter !== 'none'
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim() || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.trim())
}

/**
 * Tracing as the OTEL_* variables of the process say (OpenTelemetry SDK configuration by environment). The SDK costs
 * start-up time and memory, so that it is loaded only where it is wanted.
 * @throws Error that names the variable, for an exporter or protocol that is not supported
 */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  if (!tracingWanted(process.env)) return { request: () => NO_SPAN, probe() {}, close: async () => {} }
  const { startTracing } = await import('./otel.ts')
  return startTracing(options)
}

const NO_SPAN: RequestSpan = { traceId: null, sampled: false, delivery: () => null, end() {} }

import type { AttemptSpan, RequestSpan, Tracing } from '../domain/ports/telemetry.ts'
import type { TracingOptions } from './otel.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Whether the standard environment asks for spans: an exporter or an OTLP endpoint is named, and the SDK is not disabled. */
export function tracingWanted(env: Env): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim()
  if (exporter) return exporter !== 'none'
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim() || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.trim())
}

/** The variable that names the OTLP protocol, and what it says. */
function otlpProtocol(env: Env): { readonly variable: string; readonly protocol: string } {
  const own = 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'
  const variable = env[own]?.trim() ? own : 'OTEL_EXPORTER_OTLP_PROTOCOL'
  return { variable, protocol: env[variable]?.trim() || 'http/protobuf' }
}

/** What of the environment asks for spans in a way that is not supported, and what to write instead; undefined if nothing does. */
export function tracingFault(env: Env): string | undefined {
  if (!tracingWanted(env)) return undefined
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim() || 'otlp'
  if (exporter !== 'otlp') return `OTEL_TRACES_EXPORTER: ${shown(exporter)} is not supported; write otlp or none`
  for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
    const url = env[name]?.trim()
    // Its value is not shown: it may contain a password.
    if (url && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      return `${name}: is no http(s) URL; write http://HOST:4318, for example`
  }
  const { variable, protocol } = otlpProtocol(env)
  if (protocol === 'http/protobuf' || protocol === 'http/json') return undefined
  return `${variable}: ${shown(protocol)} is not supported; write http/protobuf or http/json (collectors take these on port 4318)`
}

/** Variables that ask for what does not leave over OTLP here: an exporter by name, or its own endpoint. */
const IGNORED = [
  'OTEL_METRICS_EXPORTER',
  'OTEL_LOGS_EXPORTER',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
]

/** Says which variables for metrics and logs have no effect, and what to use instead; undefined if none is set. */
export function ignoredExporters(env: Env): string | undefined {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return undefined
  const set = IGNORED.filter((name) => !['', 'none'].includes(env[name]?.trim() ?? ''))
  if (set.length === 0) return undefined
  return `${set.join(', ')}: ignored, since only spans are exported over OTLP; scrape metrics from /metrics, and collect the log from stdout`
}

const shown = (text: string) => JSON.stringify(text.slice(0, 40))

/**
 * Tracing as the OTEL_* variables of the process say (OpenTelemetry SDK configuration by environment). The SDK costs
 * start-up time and memory, so that it is loaded only where it is wanted.
 * @throws RangeError with the text of `tracingFault`
 */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const ignored = ignoredExporters(process.env)
  if (ignored) options.log.warn({ component: 'opentelemetry' }, ignored)
  if (!tracingWanted(process.env)) return { request: () => NO_SPAN, probe() {}, close: async () => {} }
  const fault = tracingFault(process.env)
  if (fault) throw new RangeError(fault)
  const { startTracing } = await import('./otel.ts')
  return startTracing(options, otlpProtocol(process.env).protocol)
}

const NO_ATTEMPT: AttemptSpan = { end() {} }
/** Stands for every span while tracing is off. */
export const NO_SPAN: RequestSpan = {
  traceId: null,
  sampled: false,
  traceparent: null,
  attempt: () => NO_ATTEMPT,
  delivery: () => null,
  end() {},
}

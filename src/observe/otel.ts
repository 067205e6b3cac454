import {
  context,
  createNoopMeter,
  DiagLogLevel,
  diag,
  logs,
  type MeterProvider,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { ExportResult } from '@opentelemetry/core'
import {
  defaultResource,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import { visibleText } from '../domain/external-text.ts'
import type { Log, Tracing } from '../domain/telemetry.ts'
import { attemptSpan } from './attempt-span.ts'
import type { SpanResult } from './metrics.ts'
import { probeSpans } from './probe-spans.ts'
import { deliveryAttributes, requestAttributes, senderLinks, spanName } from './span-attributes.ts'

export interface TracingOptions {
  readonly version: string
  /** Called for spans once their result is known. */
  readonly onSpans: (result: SpanResult, count: number) => void
  readonly log: Omit<Log, 'child'>
}

/**
 * Starts the OpenTelemetry SDK for spans only, as configured by the OTEL_* variables, which `tracingFault` has checked.
 * @param protocol `http/protobuf` or `http/json`
 */
export async function startTracing({ version, onSpans, log }: TracingOptions, protocol: string): Promise<Tracing> {
  // The SDK's warnings about its configuration are logged; later ones would repeat with every batch.
  const logger = diagLogger(log)
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN })
  const exporter = watched(await otlpExporter(protocol), onSpans, log)
  // With OTEL_LOG_LEVEL the SDK would write lines to stdout that are not JSON and show the environment.
  delete process.env['OTEL_LOG_LEVEL']
  const sdk = new NodeSDK({
    // Empty lists: otherwise the SDK would create readers and processors for metrics and logs from the environment.
    metricReaders: [],
    logRecordProcessors: [],
    spanProcessors: [new BatchSpanProcessor({ ...batchLimits(), exporter, selfObsMeterProvider: dropMeter(onSpans) })],
    resource: defaultResource().merge(
      resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'webhook-error-exporter', [ATTR_SERVICE_VERSION]: version }),
    ),
    // The default detectors would export the command line, its owner and the machine's id.
    resourceDetectors: [serviceInstanceIdDetector, envDetector],
  })
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  sdk.start()
  diag.disable()
  const tracer = trace.getTracer('webhook-error-exporter', version)

  return {
    request(about) {
      const span = tracer.startSpan(
        spanName(about),
        { kind: SpanKind.SERVER, root: true, links: senderLinks(about), attributes: requestAttributes(about) },
        ROOT_CONTEXT,
      )
      const { traceId, spanId, traceFlags } = span.spanContext()
      return {
        traceId,
        sampled: (traceFlags & 1) === 1,
        traceparent: `00-${traceId}-${spanId}-${(traceFlags & 1).toString().padStart(2, '0')}`,
        attempt: (attempt) => attemptSpan(tracer, span, { ...attempt, endpoint: about.endpoint }),
        delivery(failure, details) {
          const delivery = tracer.startSpan(
            'webhook.delivery',
            { kind: SpanKind.INTERNAL, attributes: deliveryAttributes(failure, details) },
            trace.setSpan(ROOT_CONTEXT, span),
          )
          delivery.setStatus({ code: SpanStatusCode.ERROR, message: visibleText(failure.message, 256) })
          delivery.end()
          return delivery.spanContext()
        },
        end({ status, errorType }) {
          if (status >= 100) span.setAttribute('http.response.status_code', status)
          if (errorType) span.setAttribute('error.type', errorType)
          // A 4xx is the client's fault: the semantic conventions leave a SERVER span's status unset.
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    probe: (about) => probeSpans(tracer, about),
    async close(deadline) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<string>((resolve) => {
        timer = setTimeout(resolve, deadline, 'deadline exceeded')
      })
      const done = sdk.shutdown().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      const fault = await Promise.race([done, late])
      clearTimeout(timer)
      // The SDK registered these for the whole process.
      for (const api of [trace, context, propagation, logs]) api.disable()
      if (fault) log.warn({ error: fault.slice(0, 200) }, 'failed to export the last spans')
    },
  }
}

/** OTLP over HTTP; endpoint, headers, time-out, compression and certificates are read from the environment by the exporter. */
async function otlpExporter(protocol: string): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  return new OTLPTraceExporter()
}

/** Counts the result of each batch, and logs when exports start to fail and when they succeed again. */
function watched(exporter: SpanExporter, onSpans: TracingOptions['onSpans'], log: Omit<Log, 'child'>): SpanExporter {
  let failing = false
  const complete = (count: number, { code, error }: ExportResult) => {
    onSpans(code === 0 ? 'exported' : 'failed', count)
    if (failing === (code !== 0)) return
    failing = !failing
    if (failing) log.warn({ error: reason(error) }, 'span export failed; reports are not affected')
    else log.info({}, 'span export succeeded again')
  }
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        complete(spans.length, result)
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush!() }),
  }
}

/** Without the response body, which the collector controls. */
function reason(error: (Error & { code?: unknown }) | undefined): string {
  const code = error?.code === undefined ? '' : ` (${String(error.code)})`
  return `${error?.message ?? 'unknown'}${code}`.slice(0, 200)
}

/** The batch processor reports spans dropped from its full queue only through its own metrics. */
function dropMeter(onSpans: TracingOptions['onSpans']): MeterProvider {
  const meter = createNoopMeter()
  const createCounter: typeof meter.createCounter = (name, options) =>
    name === 'otel.sdk.processor.span.processed'
      ? {
          add: (count, attributes) => {
            if (attributes?.['error.type'] === 'queue_full') onSpans('dropped', count)
          },
        }
      : meter.createCounter(name, options)
  return { getMeter: () => Object.assign(Object.create(meter), { createCounter }) }
}

/** The exporter accepts at most 30 concurrent batches. Closing flushes the whole queue at once, in addition to one in flight. */
const MOST_BATCHES = 29

function batchLimits() {
  const maxExportBatchSize = positive('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? 512
  return {
    maxExportBatchSize,
    maxQueueSize: Math.min(positive('OTEL_BSP_MAX_QUEUE_SIZE') ?? 2_048, MOST_BATCHES * maxExportBatchSize),
    scheduledDelayMillis: positive('OTEL_BSP_SCHEDULE_DELAY') ?? 5_000,
    exportTimeoutMillis: positive('OTEL_BSP_EXPORT_TIMEOUT') ?? 30_000,
  }
}

function positive(variable: string): number | undefined {
  const text = process.env[variable]?.trim()
  if (!text) return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  diag.warn(`${variable}: ${text.slice(0, 40)} is not a positive integer; the default is used`)
  return undefined
}

function diagLogger(log: Omit<Log, 'child'>) {
  // Messages quote endpoints, which may contain a password.
  const masked = (message: string) => message.replace(/\/\/.*@/g, '//***@').slice(0, 300)
  const warn = (message: string) => log.warn({ component: 'opentelemetry' }, masked(message))
  const silent = () => {}
  return { error: warn, warn, info: silent, debug: silent, verbose: silent }
}

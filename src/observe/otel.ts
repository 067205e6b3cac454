import { context, DiagLogLevel, diag, logs, propagation, trace } from '@opentelemetry/api'
import {
  defaultResource,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import type { Log, Tracing } from '../domain/ports/telemetry.ts'
import type { SpanResult } from './metrics.ts'
import { probeSpans } from './probe-spans.ts'
import { ReportSpans } from './report-spans.ts'
import { TracedRequest } from './request-span.ts'
import { type BatchLimits, SpanBatches } from './span-batches.ts'
import { otlpSender } from './span-export.ts'
import { spanProtocol } from './span-format.ts'
import { SpanIds } from './span-ids.ts'
import { SpanQueue } from './span-queue.ts'

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
  const otlp = spanProtocol(protocol)
  const sender = otlpSender(otlp, onSpans, log)
  // With OTEL_LOG_LEVEL the SDK would write lines to stdout that are not JSON and show the environment.
  delete process.env['OTEL_LOG_LEVEL']
  const onDropped = (spans: number) => onSpans('dropped', spans)
  const batches = new SpanBatches(otlp, sender, batchLimits(), onDropped)
  const queue = new SpanQueue({ limit: batches.capacity, exporting: () => batches.pending, onDropped })
  const ids = new SpanIds()
  const sdk = new NodeSDK({
    // Empty lists: otherwise the SDK would create readers and processors for metrics and logs from the environment.
    metricReaders: [],
    logRecordProcessors: [],
    spanProcessors: [batches],
    idGenerator: ids,
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
  const spans = new ReportSpans({ tracer, ids, batches, samplesAll: samplesAll() })
  const deps = { spans, queue, tracer }

  return {
    request: (about) => new TracedRequest(deps, about),
    probe: (about) => probeSpans(tracer, about),
    async close(deadline) {
      queue.flush()
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

/** Samplers of the SDK's configuration by environment that leave out some traces. By default none is left out. */
const SELECTIVE = ['always_off', 'traceidratio', 'parentbased_always_off', 'parentbased_traceidratio']

const samplesAll = () => !SELECTIVE.includes(process.env['OTEL_TRACES_SAMPLER']?.trim() ?? '')

function batchLimits(): BatchLimits {
  const maxQueueSize = positive('OTEL_BSP_MAX_QUEUE_SIZE') ?? 2_048
  return {
    maxQueueSize,
    maxExportBatchSize: Math.min(positive('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? 512, maxQueueSize),
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

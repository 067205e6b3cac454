import type { ExportResult } from '@opentelemetry/core'
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import { type ISerializer, JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { Log } from '../domain/telemetry.ts'
import type { SpanResult } from './metrics.ts'
import { Slices } from './slices.ts'

/** A batch as it goes to the collector. */
interface Batch {
  readonly bytes: Uint8Array
  readonly count: number
}

interface Format {
  readonly contentType: string
  readonly serializer: ISerializer<ReadableSpan[], object>
  /** One ExportTraceServiceRequest out of several. */
  readonly join: (parts: readonly Uint8Array[]) => Uint8Array
}

const JSON_START = Buffer.from('{"resourceSpans":[')
const JSON_END = Buffer.from(']}')
const COMMA = Buffer.from(',')

const FORMATS: Readonly<Record<string, Format>> = {
  'http/protobuf': {
    contentType: 'application/x-protobuf',
    serializer: ProtobufTraceSerializer,
    // A repeated field of a message that is cut in two is read as one (Protocol Buffers, encoding: last one wins).
    join: (parts) => Buffer.concat(parts),
  },
  'http/json': {
    contentType: 'application/json',
    serializer: JsonTraceSerializer,
    join(parts) {
      const inner = parts.map((part) => part.subarray(JSON_START.length, part.length - JSON_END.length))
      return Buffer.concat([
        JSON_START,
        ...inner.flatMap((part, index) => (index > 0 ? [COMMA, part] : [part])),
        JSON_END,
      ])
    },
  },
}

/** Spans that are serialised at once. */
const STEP = 32

/**
 * Exports over OTLP/HTTP; endpoint, headers, time-out, compression and certificates are read from the environment. It
 * differs from the SDK's exporter only in serialising a batch in slices: 512 spans at once would hold up reports for
 * milliseconds, and smaller batches cost a request each.
 * @param protocol `http/protobuf` or `http/json`
 */
export function otlpExporter(protocol: string): SpanExporter {
  const { contentType, serializer, join } = FORMATS[protocol]!
  const delegate = createOtlpHttpExportDelegate(
    convertLegacyHttpOptions({}, 'TRACES', 'v1/traces', { 'Content-Type': contentType }),
    {
      serializeRequest: (batch: Batch) => batch.bytes,
      deserializeResponse: (data) => serializer.deserializeResponse(data),
    },
    'otlp_http_span_exporter',
    { name: 'span', countItems: (batch: Batch) => batch.count },
    undefined,
  )
  async function serialized(spans: ReadableSpan[]): Promise<Batch> {
    const slices = new Slices()
    const parts: Uint8Array[] = []
    for (let from = 0; from < spans.length; from += STEP) {
      if (from > 0 && slices.isOver()) await slices.pause()
      parts.push(serializer.serializeRequest(spans.slice(from, from + STEP))!)
    }
    return { bytes: parts.length === 1 ? parts[0]! : join(parts), count: spans.length }
  }
  /** Batches that the SDK's part does not know yet, and so would not wait for at the end. */
  const pending = new Set<Promise<void>>()
  const allSent = () => Promise.all(pending).then(() => delegate.forceFlush())
  return {
    export(spans, done) {
      const sent = serialized(spans)
        .then(
          (batch) => delegate.export(batch, done),
          (error: Error) => done({ code: 1, error }),
        )
        .finally(() => pending.delete(sent))
      pending.add(sent)
    },
    forceFlush: allSent,
    shutdown: () => allSent().then(() => delegate.shutdown()),
  }
}

/** Counts the result of each batch, and logs when exports start to fail and when they succeed again. */
export function watched(
  exporter: SpanExporter,
  onSpans: (result: SpanResult, count: number) => void,
  log: Pick<Log, 'warn' | 'info'>,
): SpanExporter {
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

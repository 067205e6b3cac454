import type { ExportResult } from '@opentelemetry/core'
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { Log } from '../domain/telemetry.ts'
import { type EncodedSpan, piecesOf } from './encoded-spans.ts'
import type { SpanResult } from './metrics.ts'
import type { SpanFormat } from './span-format.ts'

/**
 * Exports spans that were encoded over OTLP/HTTP; endpoint, headers, time-out, compression and certificates are read from
 * the environment by the SDK.
 */
export function otlpExporter(format: SpanFormat): SpanExporter {
  const delegate = createOtlpHttpExportDelegate(
    convertLegacyHttpOptions({}, 'TRACES', 'v1/traces', { 'Content-Type': format.contentType }),
    {
      serializeRequest: (spans: readonly EncodedSpan[]) => format.request(piecesOf(spans)),
      deserializeResponse: format.deserializeResponse,
    },
    'otlp_http_span_exporter',
    { name: 'span', countItems: (spans) => spans.length },
    undefined,
  )
  return {
    export: (spans: readonly ReadableSpan[], done) => delegate.export(spans as unknown as EncodedSpan[], done),
    forceFlush: () => delegate.forceFlush(),
    shutdown: () => delegate.shutdown(),
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

import type { ExportResult } from '@opentelemetry/core'
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import type { Log } from '../domain/ports/telemetry.ts'
import type { SpanResult } from './metrics.ts'
import type { SpanProtocol } from './span-format.ts'

/** An ExportTraceServiceRequest. */
export interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Its spans. */
  readonly count: number
}

export interface SpanSender {
  /** @returns whether the collector accepted it; never rejects */
  send(batch: Batch): Promise<boolean>
  /** Once all batches are answered or given up. */
  close(): Promise<void>
}

/**
 * Sends batches over OTLP/HTTP; the SDK reads endpoint, headers, time-out, compression and certificates from the environment,
 * and sends again what a collector could not take. Counts the result of each batch, and logs when exports start to fail and
 * when they succeed again.
 */
export function otlpSender(
  { contentType, deserializeResponse }: SpanProtocol,
  onSpans: (result: SpanResult, count: number) => void,
  log: Pick<Log, 'warn' | 'info'>,
): SpanSender {
  const delegate = createOtlpHttpExportDelegate(
    convertLegacyHttpOptions({}, 'TRACES', 'v1/traces', { 'Content-Type': contentType }),
    { serializeRequest: ({ bytes }: Batch) => bytes, deserializeResponse },
    'otlp_http_span_exporter',
    { name: 'span', countItems: ({ count }: Batch) => count },
    undefined,
  )
  let failing = false
  const complete = (count: number, { code, error }: ExportResult): boolean => {
    const isAccepted = code === 0
    onSpans(isAccepted ? 'exported' : 'failed', count)
    if (failing === isAccepted) {
      failing = !failing
      if (failing) log.warn({ error: reason(error) }, 'span export failed; reports are not affected')
      else log.info({}, 'span export succeeded again')
    }
    return isAccepted
  }
  return {
    send: (batch) =>
      new Promise((resolve) => {
        delegate.export(batch, (result) => resolve(complete(batch.count, result)))
      }),
    close: () => delegate.shutdown(),
  }
}

/** Without the response body, which the collector controls. */
function reason(error: (Error & { code?: unknown }) | undefined): string {
  const code = error?.code === undefined ? '' : ` (${String(error.code)})`
  return `${error?.message ?? 'unknown'}${code}`.slice(0, 200)
}

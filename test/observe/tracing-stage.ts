import type { Log, Tracing } from '../../src/domain/ports/telemetry.ts'
import type { Failure } from '../../src/domain/report/failure.ts'
import type { SpanResult } from '../../src/observe/metrics.ts'
import { createTracing } from '../../src/observe/tracing.ts'
import { type OtlpSink, type SinkSpan, startOtlpSink } from '../support/otlp-sink.ts'
import { until } from '../support/temp.ts'

export const FAILURE: Failure = {
  id: '018bcfe5-687b-7000-8000-000000000000',
  receivedAt: 1_700_000_000_123,
  source: 'retm',
  tenant: 'm1',
  endpoint: 'orders',
  url: 'https://shop.example:8443/hooks/orders',
  code: 503,
  cause: 'unavailable',
  message: 'upstream said no',
  traceId: null,
}
export const ABOUT = { method: 'POST', route: '/webhooks/error', path: '/webhooks/error' }

/** A collector for each test of a suite, and tracing that exports to it. */
export function useTracing() {
  let sink: OtlpSink
  let tracing: Tracing | undefined
  let saved: NodeJS.ProcessEnv
  const counts: Record<SpanResult, number> = { exported: 0, dropped: 0, failed: 0 }
  const lines: { level: string; fields: object; message: string }[] = []

  const note = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  const log: Omit<Log, 'child'> = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    fatal: note('fatal'),
  }

  beforeEach(async () => {
    saved = { ...process.env }
    for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name]
    sink = await startOtlpSink()
    Object.assign(counts, { exported: 0, dropped: 0, failed: 0 })
    lines.length = 0
  })

  afterEach(async () => {
    await tracing?.close(1_000)
    tracing = undefined
    await sink.close()
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name]
    Object.assign(process.env, saved)
  })

  async function start(env: Record<string, string> = {}): Promise<Tracing> {
    Object.assign(process.env, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '50', ...env })
    tracing = await createTracing({
      version: '1.2.3',
      onSpans: (result, count) => {
        counts[result] += count
      },
      log,
    })
    return tracing
  }

  function report(it: Tracing, about: object = {}, failure: Partial<Failure> = {}, details = {}) {
    const span = it.request({ ...ABOUT, ...about })
    span.delivery({ ...FAILURE, ...failure, traceId: span.traceId }, details)
    span.end({ status: 202 })
    return span
  }

  async function spans(count: number): Promise<{ server: SinkSpan; delivery: SinkSpan }> {
    await until(`${count} spans`, () => sink.spans.length >= count)
    return {
      server: sink.spans.find((span) => span.kind === 'SERVER')!,
      delivery: sink.spans.find((span) => span.name === 'webhook.delivery')!,
    }
  }

  return { sink: () => sink, start, report, spans, counts, lines }
}

import type { Client } from './client.ts'
import { type Hop, HopError } from './hop.ts'
import { type HopFindings, STORED } from './service-hops.ts'

/** Where traces are looked up: Tempo or Jaeger; both have `GET /api/traces/ID`. */
export function traceHop(findings: HopFindings, store: Client | undefined): Hop {
  return {
    name: 'trace found',
    ...(store ? {} : { unchecked: 'no --tempo or --jaeger URL' }),
    needs: [STORED],
    waits: true,
    async check() {
      const { traceId } = findings
      if (!traceId)
        throw new HopError('the service makes no spans', 'set OTEL_EXPORTER_OTLP_ENDPOINT for the service', {
          isFinal: true,
        })
      const missing = () =>
        new HopError(
          `${store!.name} has no trace ${traceId}`,
          'check OTEL_EXPORTER_OTLP_ENDPOINT, the collector and its sampling; see webhook_exporter_spans_total',
        )
      let text: string
      try {
        text = await store!.get(`/api/traces/${traceId}`)
      } catch (error) {
        throw error instanceof HopError && /answered 404/.test(error.message) ? missing() : error
      }
      if (/"data":\s*(\[\]|null)|^\s*(\{\}|null)?\s*$/.test(text)) throw missing()
      return traceId
    },
  }
}

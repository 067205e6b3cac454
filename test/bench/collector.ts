import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { scrape, sum } from '../support/http.ts'

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  close(): void
}

/** Stands in for an OpenTelemetry collector: takes what is sent, and looks at none of it. */
export async function startCollector(): Promise<Collector> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export interface SpanCounts {
  readonly ended: number
  readonly lost: number
}

/** Spans of a service so far, by what it says itself. */
export async function spanCounts(adminPort: number): Promise<SpanCounts> {
  const text = await scrape(`http://127.0.0.1:${adminPort}`)
  const of = (result: string) => sum(text, 'webhook_exporter_spans_total', `result="${result}"`)
  const lost = of('dropped') + of('failed')
  return { ended: lost + of('exported'), lost }
}

/** Per cent of the spans between two counts; NaN if there were none. */
export const lostBetween = (before: SpanCounts, after: SpanCounts): number =>
  (100 * (after.lost - before.lost)) / (after.ended - before.ended)

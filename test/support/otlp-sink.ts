import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'

/**
 * An OTLP/HTTP collector for tests: it decodes ExportTraceServiceRequest, from protobuf or JSON, and keeps the spans.
 * The schema has the fields that tests look at, with their numbers in opentelemetry-proto 1.x; others are skipped.
 */
const SCHEMA = `
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Link links = 13; Status status = 15;
}
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`
const Request = protobuf.parse(SCHEMA, { keepCase: false }).root.lookupType('Request')

type Value = string | number | boolean | undefined

export interface SinkSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER'
  readonly status: { readonly code: 'UNSET' | 'OK' | 'ERROR'; readonly message: string }
  readonly attributes: Readonly<Record<string, Value>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly traceState: string }[]
  readonly resource: Readonly<Record<string, Value>>
  /** Nanoseconds since the epoch. */
  readonly start: bigint
  readonly end: bigint
}

export interface OtlpSink {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  readonly spans: SinkSpan[]
  /** Content types and headers of the requests, in order. */
  readonly requests: { readonly contentType: string; readonly headers: IncomingMessage['headers'] }[]
  /** How it answers requests from now on: as a collector, at once or after a promise, with an HTTP status, or not at all. */
  answer: 'ok' | 'never' | number | Promise<void>
  close(): Promise<void>
}

export async function startOtlpSink(): Promise<OtlpSink> {
  const server = createServer((request, response) => {
    take(sink, request, response).catch((error: Error) => {
      // A body that cannot be decoded must fail the test that waits for its spans, and say why.
      console.error(error)
      response.writeHead(400).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sink: OtlpSink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    requests: [],
    answer: 'ok',
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return sink
}

async function take(sink: OtlpSink, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
  const contentType = request.headers['content-type'] ?? ''
  sink.requests.push({ contentType, headers: request.headers })
  const { answer } = sink
  if (answer === 'never') return
  if (typeof answer === 'number') {
    response.writeHead(answer).end()
    return
  }
  if (answer !== 'ok') await answer
  if (request.method !== 'POST' || request.url !== '/v1/traces')
    throw new Error(`unexpected ${request.method} ${request.url}`)
  const json = contentType === 'application/json'
  if (!json && contentType !== 'application/x-protobuf') throw new Error(`unexpected ${contentType}`)
  const message = (
    json
      ? JSON.parse(body.toString())
      : Request.toObject(Request.decode(body), { defaults: true, arrays: true, longs: String })
  ) as WireRequest
  for (const { resource, scopeSpans } of message.resourceSpans)
    for (const span of scopeSpans.flatMap((scope) => scope.spans))
      sink.spans.push(read(span, attributesOf(resource?.attributes)))
  response.writeHead(200, { 'content-type': contentType }).end(json ? '{}' : undefined)
}

type Id = Buffer | string
interface WireValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string | number
  doubleValue?: number
  value?: keyof WireValue
}
type WireAttributes = { key: string; value: WireValue }[]
interface WireSpan {
  traceId: Id
  spanId: Id
  parentSpanId?: Id
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: WireAttributes
  links?: { traceId: Id; spanId: Id; traceState?: string }[]
  status?: { code?: number; message?: string } | null
}
interface WireRequest {
  resourceSpans: { resource?: { attributes: WireAttributes } | null; scopeSpans: { spans: WireSpan[] }[] }[]
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
const CODES = ['UNSET', 'OK', 'ERROR'] as const

function read(span: WireSpan, resource: SinkSpan['resource']): SinkSpan {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId ?? ''),
    name: span.name,
    kind: KINDS[span.kind] ?? 'UNSPECIFIED',
    status: { code: CODES[span.status?.code ?? 0] ?? 'UNSET', message: span.status?.message ?? '' },
    attributes: attributesOf(span.attributes),
    links: (span.links ?? []).map((link) => ({
      traceId: hex(link.traceId),
      spanId: hex(link.spanId),
      traceState: link.traceState ?? '',
    })),
    resource,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
  }
}

const hex = (id: Id): string => (typeof id === 'string' ? id : id.toString('hex'))

function attributesOf(pairs: WireAttributes = []): Record<string, Value> {
  return Object.fromEntries(
    pairs.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => [
      key,
      intValue === undefined ? (stringValue ?? boolValue ?? doubleValue) : Number(intValue),
    ]),
  )
}

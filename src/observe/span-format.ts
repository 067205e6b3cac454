import { type ISerializer, JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { envelope, writeSpan } from './otlp-span.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** An ExportTraceServiceRequest with spans of one resource and scope. */
export interface SpanFormat {
  /** Whether spans can be made of templates. */
  readonly hasTemplates: boolean
  /** Appends a span to those that `writer` has. */
  write(writer: ProtobufWriter, span: ReadableSpan): void
  /** What precedes spans of `size` bytes: at most `room` bytes. */
  before(size: number): Uint8Array
  readonly room: number
  readonly after: Uint8Array
}

export interface SpanProtocol {
  readonly contentType: string
  /** @param first a span with the resource and the scope of all */
  format(first: ReadableSpan): SpanFormat
  readonly deserializeResponse: ISerializer<ReadableSpan[], object>['deserializeResponse']
}

/** @param protocol `http/protobuf` or `http/json` */
export const spanProtocol = (protocol: string): SpanProtocol => (protocol === 'http/json' ? JSON_PROTOCOL : PROTOBUF)

const PROTOBUF: SpanProtocol = {
  contentType: 'application/x-protobuf',
  format: (first) => ({
    hasTemplates: true,
    write: writeSpan,
    before: (size) => envelope(first, size),
    room: envelope(first, 2 ** 31).length,
    after: new Uint8Array(),
  }),
  deserializeResponse: (data) => ProtobufTraceSerializer.deserializeResponse(data),
}

const JSON_PROTOCOL: SpanProtocol = {
  contentType: 'application/json',
  format(first) {
    // The SDK's serialiser makes whole requests.
    const request = Buffer.from(JsonTraceSerializer.serializeRequest([first])!)
    const span = Buffer.from(JSON.stringify(JSON.parse(request.toString()).resourceSpans[0].scopeSpans[0].spans[0]))
    const start = request.indexOf(span)
    const before = request.subarray(0, start)
    const after = request.subarray(start + span.length)
    return {
      hasTemplates: false,
      write(writer, span) {
        if (writer.size > 0) writer.raw(COMMA)
        const request = JsonTraceSerializer.serializeRequest([span])!
        writer.raw(request.subarray(before.length, request.length - after.length))
      },
      before: () => before,
      room: before.length,
      after,
    }
  },
  deserializeResponse: (data) => JsonTraceSerializer.deserializeResponse(data),
}

const COMMA = Buffer.from(',')

import { type ISerializer, JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { envelope, writeSpan } from './otlp-span.ts'
import { type Bytes, ProtobufWriter } from './protobuf-writer.ts'

/** How spans go to the collector. All of them have the same resource and scope. */
export interface SpanFormat {
  readonly contentType: string
  encode(span: ReadableSpan): Bytes
  /** For spans of templates. Absent: the format has none. */
  readonly writer?: ProtobufWriter
  /** An ExportTraceServiceRequest with the spans of `pieces`. Spans of one chunk may be one piece. */
  request(pieces: readonly Uint8Array[]): Uint8Array
  readonly deserializeResponse: ISerializer<ReadableSpan[], object>['deserializeResponse']
}

/** @param protocol `http/protobuf` or `http/json` */
export const spanFormat = (protocol: string): SpanFormat => (protocol === 'http/json' ? json() : protobuf())

const CHUNK = 64 * 1_024

function protobuf(): SpanFormat {
  const writer = new ProtobufWriter(CHUNK)
  let scope: Pick<ReadableSpan, 'resource' | 'instrumentationScope'>
  return {
    contentType: 'application/x-protobuf',
    writer,
    encode(span) {
      scope ??= { resource: span.resource, instrumentationScope: span.instrumentationScope }
      writeSpan(writer, span)
      return writer.finish()
    },
    request(pieces) {
      const size = pieces.reduce((sum, { length }) => sum + length, 0)
      return Buffer.concat([envelope(scope, size), ...pieces])
    },
    deserializeResponse: (data) => ProtobufTraceSerializer.deserializeResponse(data),
  }
}

/** Each span by the SDK's serialiser, which is made for whole requests. */
function json(): SpanFormat {
  let before: Buffer | undefined
  let after: Buffer
  return {
    contentType: 'application/json',
    encode(span) {
      const chunk = JsonTraceSerializer.serializeRequest([span])!
      if (!before) {
        const request = Buffer.from(chunk)
        const own = Buffer.from(JSON.stringify(JSON.parse(request.toString()).resourceSpans[0].scopeSpans[0].spans[0]))
        const start = request.indexOf(own)
        before = request.subarray(0, start)
        after = request.subarray(start + own.length)
      }
      return { chunk, start: before.length, end: chunk.length - after.length }
    },
    // Each span has a chunk of its own.
    request: (pieces) =>
      Buffer.concat([before!, ...pieces.flatMap((piece, index) => (index > 0 ? [COMMA, piece] : [piece])), after]),
    deserializeResponse: (data) => JsonTraceSerializer.deserializeResponse(data),
  }
}

const COMMA = Buffer.from(',')

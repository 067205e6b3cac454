import type { Attributes, AttributeValue, HrTime, Link } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { ProtobufWriter } from './protobuf-writer.ts'

/** What of a span follows its attributes. */
export type SpanTail = Pick<ReadableSpan, 'events' | 'droppedEventsCount' | 'links' | 'droppedLinksCount' | 'status'>

/**
 * A span as a field of ScopeSpans (opentelemetry-proto 1.x, trace.proto): the bytes that the SDK's serialiser writes, in a
 * sixth of its time.
 */
export function writeSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  writer.tag(2, 2)
  const message = writer.open(2)
  writeHead(writer, span)
  writeTail(writer, span, span.spanContext().traceFlags, span.parentSpanContext?.isRemote)
  writer.close(message, 2)
}

/** A span up to its attributes. @returns where its start time is; the end time comes `TIME_FIELD` bytes later */
export function writeHead(writer: ProtobufWriter, span: ReadableSpan): number {
  const { traceId, spanId, traceState } = span.spanContext()
  writer.tag(1, 2)
  writer.hex(traceId)
  writer.tag(2, 2)
  writer.hex(spanId)
  text(writer, 3, traceState?.serialize())
  if (span.parentSpanContext) {
    writer.tag(4, 2)
    writer.hex(span.parentSpanContext.spanId)
  }
  writer.tag(5, 2)
  writer.string(span.name)
  // The API counts kinds from 0, OTLP from 1.
  count(writer, 6, span.kind + 1)
  const times = writer.position + 1
  time(writer, 7, span.startTime)
  time(writer, 8, span.endTime)
  writeAttributes(writer, 9, span.attributes)
  count(writer, 10, span.droppedAttributesCount)
  return times
}

/** Bytes of a time with its tag. */
export const TIME_FIELD = 9

export function writeTail(writer: ProtobufWriter, tail: SpanTail, traceFlags: number, isRemote?: boolean): void {
  for (const event of tail.events) writeEvent(writer, event)
  count(writer, 12, tail.droppedEventsCount)
  for (const link of tail.links) writeLink(writer, link)
  count(writer, 14, tail.droppedLinksCount)
  writer.tag(15, 2)
  const status = writer.open()
  text(writer, 2, tail.status.message)
  count(writer, 3, tail.status.code)
  writer.close(status)
  flags(writer, 16, traceFlags, isRemote)
}

function writeEvent(writer: ProtobufWriter, event: ReadableSpan['events'][number]): void {
  writer.tag(11, 2)
  const message = writer.open()
  time(writer, 1, event.time)
  writer.tag(2, 2)
  writer.string(event.name)
  writeAttributes(writer, 3, event.attributes)
  count(writer, 4, event.droppedAttributesCount)
  writer.close(message)
}

function writeLink(writer: ProtobufWriter, { context, attributes, droppedAttributesCount }: Link): void {
  writer.tag(13, 2)
  const message = writer.open()
  writer.tag(1, 2)
  writer.hex(context.traceId)
  writer.tag(2, 2)
  writer.hex(context.spanId)
  text(writer, 3, context.traceState?.serialize())
  writeAttributes(writer, 4, attributes)
  count(writer, 5, droppedAttributesCount)
  flags(writer, 6, context.traceFlags, context.isRemote)
  writer.close(message)
}

/** KeyValue messages as the repeated field `field`. */
function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes = {}): void {
  for (const key in attributes) {
    writer.tag(field, 2)
    const pair = writer.open()
    writer.tag(1, 2)
    writer.string(key)
    writer.tag(2, 2)
    writeValue(writer, attributes[key])
    writer.close(pair)
  }
}

/** AnyValue with its length. */
function writeValue(writer: ProtobufWriter, value: AttributeValue | null | undefined): void {
  const message = writer.open()
  if (typeof value === 'string') {
    writer.tag(1, 2)
    writer.string(value)
  } else if (typeof value === 'boolean') count(writer, 2, value ? 1 : 0)
  else if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) count(writer, 3, value)
    else {
      writer.tag(4, 1)
      writer.double(value)
    }
  } else if (Array.isArray(value)) {
    writer.tag(5, 2)
    const array = writer.open()
    for (const item of value) {
      writer.tag(1, 2)
      writeValue(writer, item)
    }
    writer.close(array)
  }
  writer.close(message)
}

/** What precedes the spans in an ExportTraceServiceRequest with one resource and scope. @param size bytes of the spans */
export function envelope(
  { resource, instrumentationScope: scope }: Pick<ReadableSpan, 'resource' | 'instrumentationScope'>,
  size: number,
): Uint8Array {
  const resourceField = written((writer) => {
    writer.tag(1, 2)
    const message = writer.open()
    writeAttributes(writer, 1, resource.attributes)
    count(writer, 2)
    writer.close(message)
    text(writer, 3, resource.schemaUrl)
  })
  const scopeField = written((writer) => {
    writer.tag(1, 2)
    const message = writer.open()
    writer.tag(1, 2)
    writer.string(scope.name)
    text(writer, 2, scope.version)
    writer.close(message)
    text(writer, 3, scope.schemaUrl)
  })
  const scopeSpans = lengthOf(2, scopeField.length + size)
  const inner = resourceField.length + scopeSpans.length + scopeField.length + size
  return Buffer.concat([lengthOf(1, inner), resourceField, scopeSpans, scopeField])
}

const lengthOf = (field: number, length: number) =>
  written((writer) => {
    writer.tag(field, 2)
    writer.varint(length)
  })

/** For what is copied at once. */
const SCRATCH = new ProtobufWriter()

function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  write(SCRATCH)
  return SCRATCH.copy()
}

function text(writer: ProtobufWriter, field: number, value: string | undefined): void {
  if (!value) return
  writer.tag(field, 2)
  writer.string(value)
}

function count(writer: ProtobufWriter, field: number, value = 0): void {
  writer.tag(field, 0)
  writer.varint(value)
}

function time(writer: ProtobufWriter, field: number, [seconds, nanoseconds]: HrTime): void {
  writer.tag(field, 1)
  writer.fixed64(lowHalf(seconds, nanoseconds), highHalf(seconds, nanoseconds))
}

// Nanoseconds since the epoch are beyond a number's precision. Both summands of upper * 2^16 + lower are exact.
const upper = (seconds: number): number => Math.floor(seconds / 0x1_0000) * 1e9
const lower = (seconds: number, nanoseconds: number): number => (seconds % 0x1_0000) * 1e9 + nanoseconds
const lowSum = (seconds: number, nanoseconds: number): number =>
  (upper(seconds) % 0x1_0000) * 0x1_0000 + (lower(seconds, nanoseconds) % 2 ** 32)

/** The lower 32 bits of a time in nanoseconds. */
export const lowHalf = (seconds: number, nanoseconds: number): number => lowSum(seconds, nanoseconds) % 2 ** 32

/** The upper 32 bits of a time in nanoseconds. */
export const highHalf = (seconds: number, nanoseconds: number): number =>
  Math.floor(upper(seconds) / 0x1_0000) +
  Math.floor(lower(seconds, nanoseconds) / 2 ** 32) +
  Math.floor(lowSum(seconds, nanoseconds) / 2 ** 32)

/** SpanFlags of trace.proto: the W3C flags, that it is known whether the context is remote, and whether it is. */
function flags(writer: ProtobufWriter, field: number, traceFlags: number, isRemote = false): void {
  writer.tag(field, 5)
  writer.fixed32((traceFlags & 0xff) | 0x100 | (isRemote ? 0x200 : 0))
}

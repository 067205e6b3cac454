import { type Link, type SpanStatus, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { highHalf, lowHalf, type SpanTail, TIME_FIELD, writeHead, writeTail } from './otlp-span.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import type { SpanIdentity } from './span-ids.ts'

/** What differs from one span to the next of the same shape. Times are milliseconds since the epoch. */
export interface SpanValues {
  readonly ids: SpanIdentity
  /** In the same trace; undefined if the shape has no parent. */
  readonly parent: SpanIdentity | undefined
  readonly start: number
  readonly end: number
  readonly status: SpanStatus
  readonly links: Link[]
  /** Undefined if the shape has none. */
  readonly failureId: string | undefined
}

// Fields 1, 2 and 4 with their tags and lengths.
const TRACE_ID = 2
const SPAN_ID = 20
const PARENT_ID = 30

/**
 * The bytes of a span that the SDK made, up to its attributes: those of another span of the same shape differ only in the
 * places that `write` overwrites.
 */
export class SpanTemplate {
  readonly #head: Uint8Array
  readonly #times: number
  /** Where the failure's id is; -1: there is none. */
  readonly #failureId: number
  readonly #hasParent: boolean
  /** False if there was none, or the limits of the SDK dropped it. */
  readonly #hasLinks: boolean
  readonly #droppedLinks: number

  private constructor(span: ReadableSpan, failureId: string | undefined) {
    this.#times = writeHead(SCRATCH, span)
    this.#head = SCRATCH.copy()
    this.#failureId = failureId === undefined ? -1 : Buffer.from(this.#head).indexOf(failureId)
    this.#hasParent = span.parentSpanContext !== undefined
    this.#hasLinks = span.links.length > 0
    this.#droppedLinks = span.droppedLinksCount
  }

  /**
   * @param failureId the value of one attribute of `span` that is another one in each span
   * @returns undefined if the limits of the SDK cut that value
   */
  static of(span: ReadableSpan, failureId?: string): SpanTemplate | undefined {
    const template = new SpanTemplate(span, failureId)
    return failureId !== undefined && template.#failureId < 0 ? undefined : template
  }

  /** Writes a span as a field of ScopeSpans. */
  write(writer: ProtobufWriter, values: SpanValues): void {
    writer.tag(2, 2)
    const message = writer.open(2)
    const head = writer.position
    writer.raw(this.#head)
    const { ids, parent } = values
    const [first, second, third, fourth] = ids.trace
    writer.replaceFixed64(head + TRACE_ID, first, second)
    writer.replaceFixed64(head + TRACE_ID + 8, third, fourth)
    writer.replaceFixed64(head + SPAN_ID, ids.span[0], ids.span[1])
    if (this.#hasParent) writer.replaceFixed64(head + PARENT_ID, parent!.span[0], parent!.span[1])
    replaceTime(writer, head + this.#times, values.start)
    replaceTime(writer, head + this.#times + TIME_FIELD, values.end)
    if (this.#failureId >= 0) writer.replaceText(head + this.#failureId, values.failureId!)
    const tail: SpanTail = {
      events: [],
      droppedEventsCount: 0,
      links: this.#hasLinks ? values.links : [],
      droppedLinksCount: this.#droppedLinks,
      status: values.status,
    }
    writeTail(writer, tail, TraceFlags.SAMPLED)
    writer.close(message, 2)
  }
}

/** For what is copied at once. */
const SCRATCH = new ProtobufWriter()

/** The last second, and its halves in nanoseconds: nearly every time is within the same one. */
const latest = { seconds: 0, low: 0, high: 0 }

function replaceTime(writer: ProtobufWriter, at: number, milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1_000)
  if (seconds !== latest.seconds) {
    latest.seconds = seconds
    latest.low = lowHalf(seconds, 0)
    latest.high = highHalf(seconds, 0)
  }
  const low = latest.low + Math.round((milliseconds - seconds * 1_000) * 1e6)
  writer.replaceFixed64(at, low, low < 2 ** 32 ? latest.high : latest.high + 1)
}

import type { IdGenerator } from '@opentelemetry/sdk-trace'
import { RandomIdGenerator } from '@opentelemetry/sdk-trace'
import type { SpanRef } from '../domain/ports/telemetry.ts'

/** Room for a trace's id. */
const BYTES = Buffer.alloc(16)
const VIEW = new DataView(BYTES.buffer, BYTES.byteOffset, BYTES.length)

/** A random number of 32 bits, never 0: an id of zeros only is not valid. */
const word = (): number => (Math.random() * 2 ** 32) | 0 || 1

/** An id as numbers of 32 bits, little-endian: they are written several times faster than its digits. */
export type TraceWords = readonly [number, number, number, number]
export type SpanWords = readonly [number, number]

function digits(words: TraceWords | SpanWords): string {
  for (let index = 0; index < words.length; index++) VIEW.setInt32(4 * index, words[index]!, true)
  return BYTES.toString('hex', 0, 4 * words.length)
}

function wordsOf(digits: string): number[] {
  const bytes = BYTES.write(digits, 'hex')
  return Array.from({ length: bytes / 4 }, (_, index) => VIEW.getInt32(4 * index, true))
}

/** The ids of a span. */
export class SpanIdentity implements SpanRef {
  readonly traceId: string
  readonly trace: TraceWords
  readonly span: SpanWords

  private constructor(traceId: string, trace: TraceWords, span: SpanWords) {
    this.traceId = traceId
    this.trace = trace
    this.span = span
  }

  /** Of the first span of a new trace: as random as the SDK's, without its five calls into the engine. */
  static random(): SpanIdentity {
    const trace: TraceWords = [word(), word(), word(), word()]
    return new SpanIdentity(digits(trace), trace, [word(), word()])
  }

  static of({ traceId, spanId }: SpanRef): SpanIdentity {
    const trace = wordsOf(traceId) as unknown as TraceWords
    return new SpanIdentity(traceId, trace, wordsOf(spanId) as unknown as SpanWords)
  }

  /** Of a new span in this one's trace. */
  child(): SpanIdentity {
    return new SpanIdentity(this.traceId, this.trace, [word(), word()])
  }

  /** Made where it is asked for: nothing refers to nearly all spans by their digits. */
  get spanId(): string {
    return digits(this.span)
  }
}

/** The SDK's random ids, except for a span that has its ids already. */
export class SpanIds implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  #given: SpanRef | undefined

  generateTraceId(): string {
    return this.#given?.traceId ?? this.#random.generateTraceId()
  }

  generateSpanId(): string {
    return this.#given?.spanId ?? this.#random.generateSpanId()
  }

  /** Runs `start`, which starts one span with these ids. */
  with<T>(ids: SpanRef, start: () => T): T {
    this.#given = ids
    try {
      return start()
    } finally {
      this.#given = undefined
    }
  }
}

import { type SpanContext, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Bytes } from './protobuf-writer.ts'
import type { SpanFormat } from './span-format.ts'

/** A span between its end and its export. The SDK's batch processor reads only these members of it. */
export class EncodedSpan implements Pick<ReadableSpan, 'spanContext' | 'resource'> {
  readonly resource: ReadableSpan['resource']
  readonly bytes: Bytes

  constructor(resource: ReadableSpan['resource'], bytes: Bytes) {
    this.resource = resource
    this.bytes = bytes
  }

  spanContext(): SpanContext {
    return SAMPLED
  }
}

const SAMPLED: SpanContext = { traceId: '', spanId: '', traceFlags: TraceFlags.SAMPLED }

/**
 * Encodes each sampled span as it ends, and passes it on in that form: a batch of hundreds of span objects would be
 * copied by the garbage collector while it waits, and be serialised in one go.
 */
export class EncodingProcessor implements SpanProcessor {
  readonly format: SpanFormat
  readonly #next: SpanProcessor
  readonly #onTaken: () => void
  #resource: ReadableSpan['resource'] | undefined

  /** @param onTaken called for each span */
  constructor(next: SpanProcessor, format: SpanFormat, onTaken: () => void) {
    this.#next = next
    this.format = format
    this.#onTaken = onTaken
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    this.#resource = span.resource
    this.add(this.format.encode(span))
  }

  /** Takes a sampled span as `format` encodes it, after the first one that ended. */
  add(bytes: Bytes): void {
    this.#onTaken()
    this.#next.onEnd(new EncodedSpan(this.#resource!, bytes) as unknown as ReadableSpan)
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.#next.shutdown()
  }
}

/** The bytes of spans in order. What was encoded into one chunk one after the other is one piece. */
export function piecesOf(spans: readonly EncodedSpan[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let index = 0
  while (index < spans.length) {
    const { chunk, start, end: firstEnd } = spans[index]!.bytes
    let end = firstEnd
    for (index++; index < spans.length; index++) {
      const next = spans[index]!.bytes
      if (next.chunk !== chunk || next.start !== end) break
      end = next.end
    }
    pieces.push(chunk.subarray(start, end))
  }
  return pieces
}

import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { visibleText } from '../domain/external-text.ts'
import type { Failure } from '../domain/failure.ts'
import type { AttemptSpan, DeliveryDetails, RequestSpan, SpanRef, Tracing } from '../domain/telemetry.ts'
import { attemptSpan } from './attempt-span.ts'
import { deliveryAttributes, requestAttributes, senderLinks, spanName } from './span-attributes.ts'
import type { EndedSpans, SpanQueue } from './span-queue.ts'

type About = Parameters<Tracing['request']>[0]

interface Delivery {
  readonly span: Span
  readonly failure: Failure
  readonly details: DeliveryDetails
  /** By `performance.now()`. */
  readonly endedAt: number
}

/**
 * The SERVER span of a request, with the INTERNAL span of each failure that it reported. While the sender waits they only
 * get their ids and times; the rest is added by the queue, after the answer.
 */
export class TracedRequest implements RequestSpan, EndedSpans {
  readonly traceId: string
  readonly sampled: boolean
  readonly #tracer: Tracer
  readonly #queue: SpanQueue
  readonly #about: About
  readonly #span: Span
  readonly #spanId: string
  readonly #isRecording: boolean
  #context: Context | undefined
  #deliveries: Delivery[] = []
  #end: { readonly status: number; readonly errorType?: string; readonly at: number } | undefined
  #isQueued = false
  /** The SERVER span was passed on, or dropped. */
  #isComplete = false

  constructor(tracer: Tracer, queue: SpanQueue, about: About) {
    this.#tracer = tracer
    this.#queue = queue
    this.#about = about
    this.#span = tracer.startSpan(
      spanName(about),
      { kind: SpanKind.SERVER, root: true, links: senderLinks(about) },
      ROOT_CONTEXT,
    )
    const { traceId, spanId, traceFlags } = this.#span.spanContext()
    this.traceId = traceId
    this.#spanId = spanId
    this.sampled = (traceFlags & 1) === 1
    this.#isRecording = this.#span.isRecording()
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.#spanId}-${this.sampled ? '01' : '00'}`
  }

  get count(): number {
    return this.#deliveries.length + (this.#isComplete ? 0 : 1)
  }

  attempt(attempt: { readonly url: string; readonly method: string; readonly number: number }): AttemptSpan {
    return attemptSpan(this.#tracer, this.#span, { ...attempt, endpoint: this.#about.endpoint })
  }

  delivery(failure: Failure, details: DeliveryDetails): SpanRef {
    if (!this.#isRecording) return { traceId: this.traceId, spanId: this.#spanId }
    this.#context ??= trace.setSpan(ROOT_CONTEXT, this.#span)
    const span = this.#tracer.startSpan('webhook.delivery', { kind: SpanKind.INTERNAL }, this.#context)
    this.#deliveries.push({ span, failure, details, endedAt: performance.now() })
    // Stored after the sender stopped waiting.
    if (this.#end && !this.#isQueued) this.#enqueue()
    return span.spanContext()
  }

  end({ status, errorType }: { readonly status: number; readonly errorType?: string }): void {
    if (!this.#isRecording) return
    this.#end = { status, at: performance.now(), ...(errorType !== undefined && { errorType }) }
    this.#enqueue()
  }

  #enqueue(): void {
    this.#isQueued = this.#queue.add(this)
    if (this.#isQueued) return
    this.#deliveries = []
    this.#isComplete = true
  }

  complete(): void {
    this.#isQueued = false
    for (const { span, failure, details, endedAt } of this.#deliveries) {
      span.setAttributes(deliveryAttributes(failure, details))
      span.setStatus({ code: SpanStatusCode.ERROR, message: visibleText(failure.message, 256) })
      span.end(endedAt)
    }
    this.#deliveries = []
    if (this.#isComplete || !this.#end) return
    this.#isComplete = true
    const { status, errorType, at } = this.#end
    const span = this.#span
    span.setAttributes(requestAttributes(this.#about))
    if (status >= 100) span.setAttribute('http.response.status_code', status)
    if (errorType) span.setAttribute('error.type', errorType)
    // A 4xx is the client's fault: the semantic conventions leave a SERVER span's status unset.
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(at)
  }
}

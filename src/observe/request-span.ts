import { ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api'
import type { Failure } from '../domain/failure.ts'
import type { AttemptSpan, DeliveryDetails, RequestSpan, SpanRef } from '../domain/telemetry.ts'
import { attemptSpan } from './attempt-span.ts'
import type { About, ReportedFailure, ReportSpans } from './report-spans.ts'
import type { EndedSpans, SpanQueue } from './span-queue.ts'

interface Delivery extends ReportedFailure {
  readonly spanId: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface TracedRequestDeps {
  readonly spans: ReportSpans
  readonly queue: SpanQueue
  /** For spans below the request's. */
  readonly tracer: Tracer
}

/**
 * The SERVER span of a request, with the INTERNAL span of each failure that it reported. While the sender waits they only
 * get their ids and times; they are made by the queue, after the answer.
 */
export class TracedRequest implements RequestSpan, EndedSpans {
  readonly traceId: string
  readonly sampled: boolean
  readonly #deps: TracedRequestDeps
  readonly #about: About
  readonly #spanId: string
  /** Milliseconds since the epoch. */
  readonly #start = Date.now()
  /** By `performance.now()`, which is finer and never goes back. */
  readonly #begun = performance.now()
  #deliveries: Delivery[] = []
  #end: { readonly status: number; readonly errorType: string | undefined; readonly at: number } | undefined
  #isQueued = false
  /** The SERVER span was passed on, or dropped. */
  #isComplete = false

  constructor(deps: TracedRequestDeps, about: About) {
    this.#deps = deps
    this.#about = about
    const { traceId, spanId, sampled } = deps.spans.begin(about)
    this.traceId = traceId
    this.#spanId = spanId
    this.sampled = sampled
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.#spanId}-${this.sampled ? '01' : '00'}`
  }

  get count(): number {
    return this.#deliveries.length + (this.#isComplete ? 0 : 1)
  }

  attempt(attempt: { readonly url: string; readonly method: string; readonly number: number }): AttemptSpan {
    const ref = { traceId: this.traceId, spanId: this.#spanId, traceFlags: this.sampled ? 1 : 0 }
    const context = trace.setSpanContext(ROOT_CONTEXT, ref)
    return attemptSpan(this.#deps.tracer, context, { ...attempt, endpoint: this.#about.endpoint })
  }

  delivery(failure: Failure, details: DeliveryDetails): SpanRef {
    const { traceId } = this
    if (!this.sampled) return { traceId, spanId: this.#spanId }
    const spanId = this.#deps.spans.childId()
    this.#deliveries.push({ spanId, failure, details, at: this.#now() })
    // Stored after the sender stopped waiting.
    if (this.#end && !this.#isQueued) this.#enqueue()
    return { traceId, spanId }
  }

  end({ status, errorType }: { readonly status: number; readonly errorType?: string }): void {
    if (!this.sampled) return
    this.#end = { status, errorType, at: this.#now() }
    this.#enqueue()
  }

  #now(): number {
    return this.#start + performance.now() - this.#begun
  }

  #enqueue(): void {
    this.#isQueued = this.#deps.queue.add(this)
    if (this.#isQueued) return
    this.#deliveries = []
    this.#isComplete = true
  }

  complete(): void {
    this.#isQueued = false
    const { spans } = this.#deps
    const { traceId } = this
    for (const delivery of this.#deliveries) {
      const { spanId, at } = delivery
      spans.failure({ traceId, spanId, start: at, end: at }, this.#spanId, delivery)
    }
    this.#deliveries = []
    if (this.#isComplete || !this.#end) return
    this.#isComplete = true
    const { status, errorType, at } = this.#end
    const answered = { about: this.#about, status, errorType }
    spans.request({ traceId, spanId: this.#spanId, start: this.#start, end: at }, answered)
  }
}

import { ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api'
import type { AttemptSpan, DeliveryDetails, RequestSpan, SpanRef } from '../domain/ports/telemetry.ts'
import type { Failure } from '../domain/report/failure.ts'
import { attemptSpan } from './attempt-span.ts'
import type { About, ReportedFailure, ReportSpans } from './report-spans.ts'
import type { SpanIdentity } from './span-ids.ts'
import type { EndedSpans, SpanQueue } from './span-queue.ts'

interface Delivery extends ReportedFailure {
  readonly ids: SpanIdentity
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
  readonly sampled: boolean
  readonly #ids: SpanIdentity
  readonly #deps: TracedRequestDeps
  readonly #about: About
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
    const { ids, sampled } = deps.spans.begin(about)
    this.#ids = ids
    this.sampled = sampled
  }

  get traceId(): string {
    return this.#ids.traceId
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.#ids.spanId}-${this.sampled ? '01' : '00'}`
  }

  get count(): number {
    return this.#deliveries.length + (this.#isComplete ? 0 : 1)
  }

  attempt(attempt: { readonly url: string; readonly method: string; readonly number: number }): AttemptSpan {
    const ref = { traceId: this.traceId, spanId: this.#ids.spanId, traceFlags: this.sampled ? 1 : 0 }
    const context = trace.setSpanContext(ROOT_CONTEXT, ref)
    return attemptSpan(this.#deps.tracer, context, { ...attempt, endpoint: this.#about.endpoint })
  }

  delivery(failure: Failure, details: DeliveryDetails): SpanRef {
    if (!this.sampled) return this.#ids
    const ids = this.#ids.child()
    this.#deliveries.push({ ids, failure, details, at: this.#now() })
    // Stored after the sender stopped waiting.
    if (this.#end && !this.#isQueued) this.#enqueue()
    return ids
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
    for (const delivery of this.#deliveries) {
      const { ids, at } = delivery
      spans.failure({ ids, start: at, end: at }, this.#ids, delivery)
    }
    this.#deliveries = []
    if (this.#isComplete || !this.#end) return
    this.#isComplete = true
    const { status, errorType, at } = this.#end
    const answered = { about: this.#about, status, errorType }
    spans.request({ ids: this.#ids, start: this.#start, end: at }, answered)
  }
}

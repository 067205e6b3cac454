import { type Attributes, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { DeliveryDetails, Tracing } from '../domain/ports/telemetry.ts'
import type { Failure } from '../domain/report/failure.ts'
import { visibleText } from '../domain/text/external-text.ts'
import { deliveryAttributes, requestAttributes, senderLinks, spanName } from './span-attributes.ts'
import type { SpanBatches } from './span-batches.ts'
import { SpanIdentity, type SpanIds } from './span-ids.ts'
import { SpanTemplate, type SpanValues } from './span-template.ts'
import { TemplateCache } from './template-cache.ts'

export type About = Parameters<Tracing['request']>[0]

export interface AnsweredRequest {
  readonly about: About
  /** HTTP; 0: the client disconnected. */
  readonly status: number
  readonly errorType: string | undefined
}

export interface ReportedFailure {
  readonly failure: Failure
  readonly details: DeliveryDetails
}

/** A span's ids, and when it began and ended: milliseconds since the epoch. */
interface TimedSpan {
  readonly ids: SpanIdentity
  readonly start: number
  readonly end: number
}

export interface ReportSpansDeps {
  readonly tracer: Tracer
  /** The ids of `tracer`. */
  readonly ids: SpanIds
  readonly batches: SpanBatches
  /** Whether the sampler keeps every root span. */
  readonly samplesAll: boolean
}

/**
 * The spans of requests and of the failures that they reported. The SDK makes the first one of each shape; since the reports
 * of an outage are alike, nearly all others are its bytes with other ids, times and message.
 */
export class ReportSpans {
  readonly #deps: ReportSpansDeps
  readonly #requests = new TemplateCache<AnsweredRequest>(
    ({ about, status }) => `${status} ${about.clientAddress} ${about.path}`,
    areRequestsAlike,
  )
  readonly #failures = new TemplateCache<ReportedFailure>(
    ({ failure }) => `${failure.code} ${failure.url}`,
    areFailuresAlike,
  )

  constructor(deps: ReportSpansDeps) {
    this.#deps = deps
  }

  /** The ids of a request's span, and whether its trace is sampled. */
  begin(about: About): { readonly ids: SpanIdentity; readonly sampled: boolean } {
    const { tracer, samplesAll } = this.#deps
    if (samplesAll) return { ids: SpanIdentity.random(), sampled: true }
    const options = { kind: SpanKind.SERVER, root: true, links: senderLinks(about) }
    // Only the sampler's decision is needed.
    const context = tracer.startSpan(spanName(about), options, ROOT_CONTEXT).spanContext()
    return { ids: SpanIdentity.of(context), sampled: (context.traceFlags & 1) === 1 }
  }

  /** The SERVER span of a request that was sampled. */
  request({ ids, start, end }: TimedSpan, request: AnsweredRequest): void {
    const { about, status } = request
    const values: SpanValues = {
      ids,
      parent: undefined,
      start,
      end,
      links: senderLinks(about),
      // A 4xx is the client's fault: the semantic conventions leave a SERVER span's status unset.
      status: { code: status >= 500 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      failureId: undefined,
    }
    const template = this.#requests.find(request)
    if (template) {
      this.#deps.batches.add(template, values)
      return
    }
    const span = this.#bySdk(spanName(about), SpanKind.SERVER, values, requestAttributes(about, request))
    this.#requests.set(request, this.#templateOf(span))
  }

  /** The INTERNAL span of a failure. @param parent its request's span */
  failure({ ids, start, end }: TimedSpan, parent: SpanIdentity, reported: ReportedFailure): void {
    const { failure, details } = reported
    const values: SpanValues = {
      ids,
      parent,
      start,
      end,
      links: [],
      status: { code: SpanStatusCode.ERROR, message: visibleText(failure.message, 256) },
      failureId: failure.id,
    }
    const template = this.#failures.find(reported)
    if (template) {
      this.#deps.batches.add(template, values)
      return
    }
    const attributes = deliveryAttributes(failure, details)
    const span = this.#bySdk('webhook.delivery', SpanKind.INTERNAL, values, attributes)
    this.#failures.set(reported, this.#templateOf(span, failure.id))
  }

  #templateOf(span: ReadableSpan, failureId?: string): SpanTemplate | undefined {
    return this.#deps.batches.hasTemplates ? SpanTemplate.of(span, failureId) : undefined
  }

  #bySdk(name: string, kind: SpanKind, values: SpanValues, attributes: Attributes): ReadableSpan {
    const { tracer, ids: generator } = this.#deps
    const { ids, parent, links, start, end, status } = values
    const context = parent
      ? trace.setSpanContext(ROOT_CONTEXT, { traceId: parent.traceId, spanId: parent.spanId, traceFlags: 1 })
      : ROOT_CONTEXT
    const span = generator.with(ids, () =>
      tracer.startSpan(name, { kind, links, startTime: start, attributes }, context),
    )
    span.setStatus(status).end(end)
    return span as unknown as ReadableSpan
  }
}

function areRequestsAlike(a: AnsweredRequest, b: AnsweredRequest): boolean {
  const { about: one } = a
  const { about: other } = b
  return (
    a.status === b.status &&
    a.errorType === b.errorType &&
    one.method === other.method &&
    one.route === other.route &&
    one.path === other.path &&
    one.endpoint === other.endpoint &&
    one.clientAddress === other.clientAddress &&
    one.userAgent === other.userAgent &&
    Boolean(one.traceparent) === Boolean(other.traceparent)
  )
}

function areFailuresAlike(a: ReportedFailure, b: ReportedFailure): boolean {
  return (
    a.failure.source === b.failure.source &&
    a.failure.tenant === b.failure.tenant &&
    a.failure.endpoint === b.failure.endpoint &&
    a.failure.url === b.failure.url &&
    a.failure.code === b.failure.code &&
    a.failure.cause === b.failure.cause &&
    a.details.httpStatus === b.details.httpStatus &&
    a.details.attempts === b.details.attempts
  )
}

import type { Cause } from '../domain/cause.ts'
import type { Clock } from '../domain/clock.ts'
import { type Failure, failureIds, haveSameSharedFields, sharedFields } from '../domain/failure.ts'
import type { Applied, Journal, Recorded } from '../domain/journal.ts'
import type { Report } from '../domain/report.ts'
import type { SeriesLabels, SeriesLimit } from '../domain/series.ts'
import type { Log, Metrics, RequestSpan, SpanRef } from '../domain/telemetry.ts'

/** What is known of a report beside its body. */
export interface Receipt {
  readonly source: string
  readonly tenant: string
  readonly raw: Uint8Array
  readonly idempotency?: { readonly key: string; readonly digest: string }
  readonly span: RequestSpan
}

export interface RecorderParts {
  readonly journal: Pick<Journal, 'record'>
  readonly identify: (endpoint: string) => { readonly endpoint: string; readonly url: string }
  readonly classify: (report: Report, source: string) => { readonly cause: Cause; readonly httpStatus?: number }
  /** Masks what must not leave the journal, and cuts to the length that is kept. */
  readonly safeMessage: (message: string) => string
  readonly series: Pick<SeriesLimit, 'keep' | 'complete'>
  /** Whether the endpoint's incident is followed, and what is told of each of its failures once it is durable. */
  readonly incidents: {
    readonly isTracked: (endpoint: string) => boolean
    readonly complete: (endpoint: string, stored: boolean) => void
    readonly onRecorded: (failure: Failure, applied: Applied | undefined, span: SpanRef | null) => void
  }
  readonly tenantLabel: boolean
  readonly metrics: Pick<Metrics, 'recorded'>
  readonly log: Pick<Log, 'child' | 'warn' | 'error'>
  readonly clock: Clock
  /** How often the source tries before it reports; goes into the span. */
  readonly attempts: number
}

/**
 * The main job: a report becomes a failure, the failure becomes durable, and only then it is counted, traced and logged.
 * @returns a function that settles when the journal knows the outcome, however late: a caller that stops waiting loses
 *   the answer, never the count. It rejects with what `Journal.record` rejects with.
 */
export function createRecorder(parts: RecorderParts): (report: Report, receipt: Receipt) => Promise<Recorded> {
  const newId = failureIds()
  const logFailure = failureLog(parts.log)
  const afterAnswers = deferring((error) => parts.log.error({ err: error }, 'a failure could not be told of'))

  return async (report, { source, tenant, raw, idempotency, span }) => {
    const receivedAt = parts.clock()
    const { endpoint, url } = parts.identify(report.endpoint)
    const { cause, httpStatus } = parts.classify(report, source)
    const failure: Failure = {
      id: newId(receivedAt),
      receivedAt,
      source,
      tenant,
      endpoint,
      url,
      code: report.code,
      cause,
      message: parts.safeMessage(report.message),
      traceId: span.traceId,
    }
    const own = { source, tenant: parts.tenantLabel ? tenant : '', endpoint, code: String(report.code), cause }
    const labels = parts.series.keep(own)
    const followed = parts.incidents.isTracked(endpoint)
    const complete = (stored: boolean) => {
      parts.series.complete(own, labels, stored)
      if (followed) parts.incidents.complete(endpoint, stored)
    }
    let recorded: Recorded
    try {
      recorded = await parts.journal.record({
        failure,
        raw,
        labels,
        isTracked: followed,
        ...(idempotency && { idempotency }),
      })
    } catch (error) {
      // Where it turns out to be stored, the journal says so when it opens again.
      complete(false)
      throw error
    }
    complete(!recorded.duplicate)
    if (!recorded.duplicate) {
      const ref = span.delivery(failure, { attempts: parts.attempts, ...(httpStatus !== undefined && { httpStatus }) })
      afterAnswers(() => {
        parts.metrics.recorded(failure, labels, span.sampled ? span.traceId : null)
        parts.incidents.onRecorded(failure, recorded.incident, ref)
        logFailure(failure, labels)
      })
    }
    return recorded
  }
}

/**
 * Puts work off to the check phase of this turn of the event loop. The answers of a group go out in one burst before it,
 * and what a client asks on having its answer is read after it: nobody sees a count that is behind.
 */
function deferring(onFault: (error: unknown) => void): (work: () => void) => void {
  let works: (() => void)[] = []
  const run = () => {
    const due = works
    works = []
    for (const work of due) {
      try {
        work()
      } catch (error) {
        onFault(error)
      }
    }
  }
  return (work) => {
    if (works.push(work) === 1) setImmediate(run)
  }
}

/**
 * One line a failure. Reports of one outage are alike: what one has in common with the last of its label set is made into
 * text once, and not for those that nothing is like.
 */
function failureLog(log: Pick<Log, 'child' | 'warn'>): (failure: Failure, labels: SeriesLabels) => void {
  const latest = new WeakMap<SeriesLabels, { readonly like: Failure; log?: Pick<Log, 'warn'> }>()
  return (failure, labels) => {
    const { id, traceId } = failure
    const own = traceId ? { failure_id: id, trace_id: traceId } : { failure_id: id }
    const known = latest.get(labels)
    if (known && haveSameSharedFields(known.like, failure)) {
      known.log ??= log.child(sharedFields(failure))
      known.log.warn(own, MESSAGE)
    } else {
      latest.set(labels, { like: failure })
      log.warn({ ...sharedFields(failure), ...own }, MESSAGE)
    }
  }
}

const MESSAGE = 'a webhook delivery failed'

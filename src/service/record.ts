import type { Cause } from '../domain/cause.ts'
import type { Clock } from '../domain/clock.ts'
import { type Failure, failureIds, haveSameSharedFields, sharedFields } from '../domain/failure.ts'
import { idempotencyOf } from '../domain/idempotency.ts'
import type { Applied, Entry, Journal, Recorded } from '../domain/journal.ts'
import type { SeriesLabels, SeriesLimit } from '../domain/series.ts'
import type { Lost } from '../domain/signal.ts'
import type { DeliveryDetails, Log, Metrics, RequestSpan, SpanRef } from '../domain/telemetry.ts'

/** What is known of a request besides its signals. */
export interface Receipt {
  readonly tenant: string
  readonly span: RequestSpan
}

/** A source as far as recording its signals goes. */
export interface RecordedSource {
  readonly name: string
  readonly classify: (signal: Lost) => { readonly cause: Cause; readonly httpStatus?: number }
  /** How often it tries before it reports; goes into the span. */
  readonly attempts?: number
}

interface Identity {
  readonly endpoint: string
  readonly url: string
}

export interface RecorderParts {
  readonly journal: Pick<Journal, 'record' | 'recordAll'>
  readonly identify: (url: string) => Identity
  /** The same for `SOURCE:REF`. */
  readonly identifyRef: (ref: string) => Identity
  /** Masks what must not leave the journal, and cuts to the length that is kept. */
  readonly safeMessage: (message: string) => string
  readonly safeTenant: (tenant: string) => string
  readonly series: Pick<SeriesLimit, 'keep' | 'complete'>
  /** Whether the endpoint's incident is tracked, and what follows each of its failures once it is durable. */
  readonly incidents: {
    readonly isTracked: (endpoint: string) => boolean
    readonly complete: (endpoint: string, stored: boolean) => void
    readonly onRecorded: (failure: Failure, applied: Applied | undefined, span: SpanRef | null) => void
  }
  readonly tenantLabel: boolean
  readonly metrics: Pick<Metrics, 'recorded'>
  readonly log: Pick<Log, 'child' | 'warn' | 'error'>
  readonly clock: Clock
}

/** Records the lost signals of one request. */
export type Record = (
  source: RecordedSource,
  signals: readonly Lost[],
  receipt: Receipt,
) => Promise<readonly Recorded[]>

/** A failure on its way to the journal, with what was reserved for it. */
interface Draft {
  readonly entry: Entry
  readonly labels: SeriesLabels
  readonly details: DeliveryDetails
}

/**
 * The main job: a signal becomes a failure, the failure becomes durable, and only then is it counted, traced and logged.
 * All signals of a request become durable in one transaction.
 * @returns a function that settles when the journal knows the outcome, however late: a caller that stops waiting loses
 *   the answer, never the count. It rejects with what `Journal.record` rejects with, once all outcomes are known.
 */
export function createRecorder(parts: RecorderParts): Record {
  const { journal, series, incidents, metrics, clock } = parts
  const newId = failureIds()
  const logFailure = failureLog(parts.log)
  const afterAnswers = deferring((error) => parts.log.error({ err: error }, 'failed to publish a recorded failure'))

  function draft(source: RecordedSource, signal: Lost, { tenant: sender, span }: Receipt): Draft {
    const receivedAt = clock()
    const { endpoint, url } =
      signal.ref === undefined ? parts.identify(signal.url) : parts.identifyRef(`${source.name}:${signal.ref}`)
    const { cause, httpStatus } = source.classify(signal)
    const tenant = signal.tenant === undefined ? sender : parts.safeTenant(signal.tenant)
    const failure: Failure = {
      id: newId(receivedAt),
      receivedAt,
      source: source.name,
      tenant,
      endpoint,
      url,
      code: signal.code,
      cause,
      message: parts.safeMessage(signal.message),
      traceId: span.traceId,
    }
    const label = parts.tenantLabel ? tenant : ''
    const labels = { source: source.name, tenant: label, endpoint, code: String(signal.code), cause }
    const attempts = signal.attempts ?? source.attempts
    return {
      entry: {
        failure,
        raw: signal.raw,
        labels: series.keep(labels),
        isTracked: incidents.isTracked(endpoint),
        ...(signal.id !== undefined && { idempotency: idempotencyOf(signal.id, signal.raw) }),
      },
      labels,
      details: { ...(attempts !== undefined && { attempts }), ...(httpStatus !== undefined && { httpStatus }) },
    }
  }

  function complete({ entry, labels }: Draft, stored: boolean): void {
    series.complete(labels, entry.labels, stored)
    if (entry.isTracked) incidents.complete(entry.failure.endpoint, stored)
  }

  async function settle(draft: Draft, recording: Promise<Recorded>, span: RequestSpan): Promise<Recorded> {
    let recorded: Recorded
    try {
      recorded = await recording
    } catch (error) {
      // Where it turns out to be stored, the journal says so when it opens again.
      complete(draft, false)
      throw error
    }
    complete(draft, !recorded.duplicate)
    if (!recorded.duplicate) {
      const { failure, labels } = draft.entry
      const ref = span.delivery(failure, draft.details)
      afterAnswers(() => {
        metrics.recorded(failure, labels, span.sampled ? span.traceId : null)
        incidents.onRecorded(failure, recorded.incident, ref)
        logFailure(failure, labels)
      })
    }
    return recorded
  }

  return async (source, signals, receipt) => {
    const [first, ...others] = signals
    if (first === undefined) return []
    if (others.length === 0) {
      const only = draft(source, first, receipt)
      return [await settle(only, journal.record(only.entry), receipt.span)]
    }
    const drafts = signals.map((signal) => draft(source, signal, receipt))
    const recordings = journal.recordAll(drafts.map(({ entry }) => entry))
    const settled = drafts.map((draft, index) => settle(draft, recordings[index]!, receipt.span))
    await Promise.allSettled(settled)
    return Promise.all(settled)
  }
}

/**
 * Puts work off to the check phase of this turn of the event loop. The answers of a group go out in one burst before it,
 * and the next request of a client is read after it: no client sees a count that lags behind its answer.
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

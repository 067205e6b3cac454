import { setImmediate as nextTurn } from 'node:timers/promises'
import { credentialOf } from '../domain/incident/unconfigured-limit.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Applied, Entry, Journal, Recorded, SignalEntry } from '../domain/ports/journal.ts'
import type { DeliveryDetails, Log, Metrics, RequestSpan, SpanRef } from '../domain/ports/telemetry.ts'
import {
  type Failure,
  failureIds,
  haveSameSharedFields,
  sharedFields,
  VERIFY_ENDPOINT,
} from '../domain/report/failure.ts'
import { idempotencyOf } from '../domain/report/idempotency.ts'
import type { SeriesLabels, SeriesLimit } from '../domain/report/series.ts'
import type { Delivered, Lost, Signal } from '../domain/report/signal.ts'
import type { Purpose } from '../domain/report/simulation.ts'
import { isRowSignal, type SignalRecorder } from './record-signals.ts'
import {
  failureOf,
  identityOf,
  provenAt,
  type RecordedSource,
  type ReportedDelivery,
  type SignalReading,
  tenantOf,
} from './recorded-source.ts'

/** What is known of a request besides its signals. */
export interface Receipt {
  readonly tenant: string
  readonly span: RequestSpan
  /** Of a report that is signed as no real one; absent: it is real. */
  readonly purpose?: Purpose | undefined
  /** Called between the signals of a batch; where it returns a promise, others have their turn until it settles. */
  readonly pause?: () => Promise<void> | undefined
  /** Called with the ids that the failures and the other signals with a row are to have, before they are stored. */
  readonly onDrafted?: (failures: readonly string[], rows: readonly string[]) => void
}

export interface RecorderParts extends SignalReading {
  readonly journal: Pick<Journal, 'record' | 'recordAll'>
  readonly series: Pick<SeriesLimit, 'keep' | 'complete'>
  /** Whether the endpoint's incident is tracked, and what follows each of its failures once it is durable. */
  readonly incidents: {
    readonly isTracked: (endpoint: string, openedBy: string) => boolean
    readonly complete: (endpoint: string, stored: boolean) => void
    readonly onRecorded: (failure: Failure, applied: Applied | undefined, span: SpanRef | null) => void
  }
  readonly signals: SignalRecorder
  /** A source reported a success. @returns whether it was new */
  readonly onDelivered: (delivery: ReportedDelivery) => boolean
  readonly tenantLabel: boolean
  readonly newId?: (receivedAt: number) => string
  readonly metrics: Pick<Metrics, 'recorded' | 'signalled'>
  readonly log: Pick<Log, 'child' | 'warn' | 'error'>
  readonly clock: Clock
}

/** What became of the signals of one request. */
export interface RecordedRequest {
  /** The failures, in the order of their signals. */
  readonly failures: readonly Recorded[]
  /** The other signals that have a row, likewise. */
  readonly rows: readonly Recorded[]
}

/** Takes the signals of one request. */
export type Record = (source: RecordedSource, signals: readonly Signal[], receipt: Receipt) => Promise<RecordedRequest>

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
  const newId = parts.newId ?? failureIds()
  const logFailure = failureLog(parts.log)
  const afterAnswers = deferring((error) => parts.log.error({ err: error }, 'failed to publish a recorded failure'))

  function draft(source: RecordedSource, signal: Lost, { tenant: sender, span, purpose }: Receipt): Draft {
    const receivedAt = clock()
    const { cause, httpStatus } = source.classify(signal)
    const receipt = { id: newId(receivedAt), receivedAt, tenant: sender, traceId: span.traceId, cause }
    const read = failureOf(parts, source, signal, receipt)
    const failure: Failure = purpose === undefined ? read : { ...read, endpoint: VERIFY_ENDPOINT }
    const { tenant, endpoint } = failure
    const label = parts.tenantLabel ? tenant : ''
    const labels = { source: source.name, tenant: label, endpoint, code: String(signal.code), cause }
    const { id, raw } = signal
    const openedBy = credentialOf(source.name, sender)
    const entry: Entry = {
      failure,
      raw,
      labels: series.keep(labels),
      isTracked: incidents.isTracked(endpoint, openedBy),
      ...(sender !== tenant && { openedBy }),
      isProvable: source.isProvable,
      idempotency: id === undefined ? undefined : idempotencyOf(id, source.comparesContent ? raw : ANY_CONTENT),
    }
    return { entry, labels, details: { attempts: signal.attempts ?? source.attempts, httpStatus } }
  }

  function reported(source: RecordedSource, signal: Delivered, sender: string): ReportedDelivery {
    const origin = { source: source.name, tenant: tenantOf(parts, source, signal, sender) }
    const { id, code } = signal
    return { ...identityOf(parts, source, signal), ...origin, id, code, provenAt: provenAt(source, signal, clock()) }
  }

  function complete({ entry, labels }: Draft, stored: boolean, hasIncident = false): void {
    series.complete(labels, entry.labels, stored)
    if (entry.isTracked) incidents.complete(entry.failure.endpoint, hasIncident)
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
    complete(draft, !recorded.duplicate, recorded.incident !== undefined)
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

  async function draftAll(source: RecordedSource, signals: readonly Signal[], receipt: Receipt) {
    const drafts: (Draft | SignalEntry)[] = []
    try {
      for (const signal of signals) {
        if (signal.type === 'lost') drafts.push(draft(source, signal, receipt))
        else if (receipt.purpose === undefined && isRowSignal(signal))
          drafts.push(parts.signals.draft(source, signal, receipt.tenant))
        const others = receipt.pause?.()
        if (others) await others
      }
    } catch (error) {
      for (const each of drafts)
        if ('entry' in each) complete(each, false)
        else awaitedLater(parts.signals.complete(each, Promise.reject(error)))
      throw error
    }
    return drafts
  }

  async function recordAll(
    source: RecordedSource,
    signals: readonly Signal[],
    receipt: Receipt,
  ): Promise<RecordedRequest> {
    const drafts = await draftAll(source, signals, receipt)
    receipt.onDrafted?.(
      drafts.flatMap((each) => ('entry' in each ? [each.entry.failure.id] : [])),
      drafts.flatMap((each) => ('signal' in each ? [each.signal.id] : [])),
    )
    const recordings =
      drafts.length === 0 ? [] : journal.recordAll(drafts.map((each) => ('entry' in each ? each.entry : each)))
    await Promise.allSettled(recordings)
    const failures: Promise<Recorded>[] = []
    const rows: Promise<Recorded>[] = []
    for (const [index, each] of drafts.entries()) {
      // What is published of one is logged and traced: others have their turn in between.
      if (index > 0 && index % PUBLISHED === 0) await nextTurn()
      const recording = recordings[index]!
      if ('entry' in each) failures.push(awaitedLater(settle(each, recording, receipt.span)))
      else rows.push(awaitedLater(parts.signals.complete(each, recording)))
    }
    await Promise.allSettled([...failures, ...rows])
    const recorded = { failures: await Promise.all(failures), rows: await Promise.all(rows) }
    if (receipt.purpose !== undefined) return recorded
    // Last: what is sent again because of a fault counts once.
    for (const signal of signals) {
      if (signal.type === 'ignored') metrics.signalled(source.name, 'ignored')
      if (signal.type === 'delivered') parts.onDelivered(reported(source, signal, receipt.tenant))
    }
    return recorded
  }

  return (source, signals, receipt) => {
    const first = signals[0]
    if (first?.type !== 'lost' || signals.length > 1) return recordAll(source, signals, receipt)
    // Nearly every request.
    const only = draft(source, first, receipt)
    receipt.onDrafted?.([only.entry.failure.id], [])
    return settle(only, journal.record(only.entry), receipt.span).then((recorded) => ({
      failures: [recorded],
      rows: NONE,
    }))
  }
}

/** A rejection that is looked at in a later turn is not unhandled. */
function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

const NONE: readonly Recorded[] = []
/** Signals of one request that are published in one turn of the event loop. */
const PUBLISHED = 100
const ANY_CONTENT = new Uint8Array()

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

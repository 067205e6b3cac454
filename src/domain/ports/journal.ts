import type { Cause } from '../cause/cause.ts'
import type { Change, EndpointState, Incident, IncidentEvent } from '../incident/incident.ts'
import type { RecoveryApplied } from '../incident/incident-effects.ts'
import { RECOVERY_STATUSES, type RecoveryEvent, type RecoveryStatus } from '../incident/recovery.ts'
import type { TimelineSignal } from '../incident/timeline.ts'
import type { Failure } from '../report/failure.ts'
import type { SeriesLabels } from '../report/series.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { Checkpoint, JournalFault, JournalStatus, ReadFault, RetentionStop } from './journal-status.ts'
import type { Outbox } from './outbox.ts'

export * from './journal-status.ts'

/** What one report adds to the journal, all in one transaction. */
export interface Entry {
  readonly failure: Failure
  /** The body as received, byte for byte. It never leaves the journal. */
  readonly raw: Uint8Array
  /** The label set under which it is counted, as the series limit admitted it. */
  readonly labels: SeriesLabels
  /** The sender's own id, if it has one; `digest` shows whether a repeated id carries the same body. */
  readonly idempotency?: { readonly key: string; readonly digest: string } | undefined
  /** Whether the endpoint has incidents (they are bounded); then the failure changes its incident in the same transaction. */
  readonly isTracked?: boolean
  /** The credential that it came with, where source and tenant do not tell it: the report named the tenant. */
  readonly openedBy?: string
  /** Whether its source also reports successes; the incident then records where the failure came from. */
  readonly isProvable?: boolean | undefined
}

/** A signal other than a lost delivery; all its effects become durable in one transaction. */
export interface SignalEntry {
  readonly signal: TimelineSignal
  /** The sender's own id, if it has one: a known one of the same source and tenant changes nothing. */
  readonly key?: string
  /** As of `Entry`. */
  readonly isTracked?: boolean
  /** As of `Entry`. */
  readonly openedBy?: string
}

export const isSignalEntry = (entry: Entry | SignalEntry): entry is SignalEntry => 'signal' in entry

/** The answer to an entry: `duplicate` where the sender's id was known, then `id` is the first record's. */
export interface Recorded {
  readonly id: string
  readonly duplicate: boolean
  /** What the failure did to its endpoint's incident; absent for a duplicate, and where the endpoint is not tracked. */
  readonly incident?: Applied
}

/** What an event did to an endpoint, and the endpoint after the whole group with which it was committed. */
export interface Applied {
  readonly change: Change
  readonly state: EndpointState
}

/** An incident with its timeline, and the history of its verdicts, oldest first: the first one and the newest, at most 20. */
export interface IncidentRecord {
  readonly incident: Incident
  readonly verdicts: readonly Verdict[]
  /** Signals that are no failures, oldest first: the first one and the newest, at most `TIMELINE_LIMIT`. */
  readonly timeline: readonly TimelineSignal[]
}

/** Closed incidents of an endpoint with the same recovery status. */
export interface RecoveryCount {
  readonly endpoint: string
  readonly status: RecoveryStatus
  readonly incidents: number
  /** When the first of them closed, milliseconds since the epoch. */
  readonly oldestClosedAt: number
}

/** Statuses of recoveries by which incidents are filtered; `unfinished`: every one that leaves something to do. */
export const RECOVERY_FILTERS = [...RECOVERY_STATUSES, 'unfinished'] as const

export interface IncidentFilter {
  readonly open?: boolean
  readonly endpoint?: string
  /** Open, or closed at or after this time, milliseconds since the epoch. */
  readonly since?: number
  readonly recovery?: (typeof RECOVERY_FILTERS)[number]
}

export interface IncidentPage {
  readonly incidents: readonly Incident[]
  /** The id to go on from; null at the end. */
  readonly next: string | null
}

/** What outlives a restart of the canary; milliseconds since the epoch. */
export interface CanaryMoments {
  /** When this journal first heard that a canary is configured. */
  readonly configuredAt: number
  readonly succeededAt: number | null
}

/** A label set's count since the journal was made, and when it was last added to. Retention never lowers it. */
export interface SeriesTotal {
  readonly labels: SeriesLabels
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly lastFailureAt: number
}

export interface FailureFilter {
  readonly source?: string
  readonly tenant?: string
  readonly endpoint?: string
  readonly code?: number
  readonly cause?: Cause
  /** Received at or after this time, milliseconds since the epoch. */
  readonly since?: number
  /** Received before this time, milliseconds since the epoch. */
  readonly until?: number
}

/** What `countFailures` counts: for each endpoint its failures since each of the times, in that order. */
export interface FailureCount {
  readonly endpoints: readonly string[]
  /** Milliseconds since the epoch. */
  readonly since: readonly number[]
  /** Counting ends there: a count that equals it means that there may be more. */
  readonly most: number
}

/** Most bytes of text in one page: a page has fewer items than its limit if they would exceed this together. */
export const PAGE_BYTES = 2 ** 19

export interface FailurePage {
  readonly failures: readonly Failure[]
  /**
   * The id to go on from; null at the end, and only there: a page may be short. New failures never move it, since they
   * sort before the first page.
   */
  readonly next: string | null
}

/** What happens in the journal. Handlers are called in order and must not throw. */
export interface JournalEvents {
  /**
   * It was opened (again). `totals` is all that is durable now: an earlier count is replaced by it, since the outcome of
   * a commit that failed is unknown. No entry is answered between the reading of `totals` and this call.
   */
  onOpened(totals: readonly SeriesTotal[]): void
  /**
   * Every tracked endpoint as it is durable now: called right after `onOpened`, and again where another replica may have
   * changed it. What was known before is replaced.
   */
  onSnapshot(endpoints: readonly EndpointState[]): void
  /**
   * Another replica made these label sets known, or counted them lately (stores that replicas share only). Their counts are
   * this replica's own and have been reported before; a set that is new here is at 0.
   */
  onRemoteSeries?(series: readonly SeriesTotal[]): void
  /** A failure that an earlier process acknowledged in its spill was stored here: no living process has counted it. */
  onMoved?(entry: Pick<Entry, 'failure' | 'labels'>): void
  /**
   * It cannot be written. Also called for each failed attempt to open it again.
   * @param lost of `lost_commits`, after which it can be written: how many acknowledged failures are gone
   */
  onFault(kind: JournalFault, detail: string, lost?: number): void
  /** A reading failed. Called once for each. */
  onReadFault?(kind: ReadFault, detail: string): void
  /** A group of entries became durable. */
  onCommitted(entries: number, seconds: number): void
  /** Retention removed failures; `reason` is the limit that they exceeded. */
  onExpired(failures: number, reason: 'age' | 'size'): void
  /** Retention by age was stopped, or (null) goes on. Called when that changes. */
  onRetentionStop?(stop: RetentionStop | null): void
  /** The write-ahead log was to be brought into the database file (SQLite only). */
  onCheckpoint?(checkpoint: Checkpoint): void
  /** What an opening is doing, and with how many bytes: it may take seconds (SQLite only). */
  onOpening?(step: string, bytes: number): void
  /** It was opened, and something should be known about it. Safe to show to an operator. */
  onWarning?(warning: string): void
}

/** What happens to an endpoint beside the reports of its sources. */
export type AppliedEvent = Exclude<IncidentEvent, { type: 'failure' | 'signal' }>

/**
 * The durable store of failures and incidents.
 *
 * Promises, for every adapter:
 * - `record` resolves only when the entry is durable: it survives a kill and a power cut. Entries of one call order are
 *   stored in that order. It rejects with AppError `journal_unavailable` (down, or the outcome is not known) or
 *   `journal_full` (the bounded queue is full), `journal_refused` (the store refuses this entry for good), `idempotency_key_reused` (known id, other digest), `shutting_down`.
 * - Failure, total, idempotency key and incident change of an entry are written together or not at all. The change is
 *   what `reduceIncident` makes of the endpoint's state in that transaction; no endpoint ever has two open incidents.
 * - `apply` and `receiveCanary` go the way of `record`: same queue, same order, same group commit, same rejections.
 * - No fault ends the process or throws from `open`: it is reported through `events.onFault` and `status`, and opening is
 *   tried again with backoff until `close`.
 * - Reading never delays writing, and holds a bounded part of the result in memory: a page, or a few rows of a stream.
 * - A reading rejects with AppError `journal_unavailable` only if the store cannot be read; a faulty query rejects with
 *   another error, which is ours. Either is reported through `events.onReadFault`.
 */
export interface Journal extends Outbox {
  /** Resolves when the first attempt to open has ended, whichever way. */
  open(): Promise<void>
  record(entry: Entry): Promise<Recorded>
  /**
   * Records the entries of one request in one transaction, in this order. Each promise is one entry's, and settles as that
   * of `record` does: a known id or a `idempotency_key_reused` of one does not keep the others from being stored.
   */
  recordAll(entries: readonly (Entry | SignalEntry)[]): readonly Promise<Recorded>[]
  get(id: string): Promise<Failure | undefined>
  /**
   * Newest first, at most `limit` (at least 1) and `PAGE_BYTES`, but at least one if there is any. `before` is the `next`
   * of an earlier page.
   */
  list(filter: FailureFilter, page: { readonly limit: number; readonly before?: string }): Promise<FailurePage>
  /** Newest first, a few at a time, all that matched when it began; with `before`, those older than that id. */
  stream(filter: FailureFilter, page?: { readonly before?: string }): AsyncIterable<readonly Failure[]>
  /** Counts failures by endpoint. Its cost depends on `most`, not on the size of the journal. */
  countFailures(count: FailureCount): Promise<ReadonlyMap<string, readonly number[]>>
  /**
   * Applies an event that comes from no report to an endpoint.
   * @returns the change; `none` where there was nothing to do
   */
  apply(endpoint: string, event: AppliedEvent): Promise<Applied>
  /**
   * Applies an event to the recovery of an incident, and goes the way of `record`.
   * @returns undefined if no incident has this id
   */
  recover(id: string, event: RecoveryEvent): Promise<RecoveryApplied | undefined>
  /** Closed incidents by endpoint and status; incidents without a recovery needed none. */
  recoveries(): Promise<readonly RecoveryCount[]>
  incident(id: string): Promise<IncidentRecord | undefined>
  /** Newest first, in pages like those of `list`. */
  incidents(filter: IncidentFilter, page: { readonly limit: number; readonly before?: string }): Promise<IncidentPage>
  /**
   * Stores a canary's nonce, so that it is taken once, also after a restart. `at` is its receipt, milliseconds since the epoch.
   * @throws AppError (as rejection) `canary_replayed`, and what `record` rejects with
   */
  receiveCanary(nonce: string, at: number): Promise<void>
  /**
   * Notes that a canary is configured, or that one came through. The earliest `configuredAt` stays; the newest call decides on
   * `succeededAt`, since a clock may have run ahead before.
   */
  noteCanary(moments: { readonly configuredAt: number; readonly succeededAt?: number }): Promise<CanaryMoments>
  /** Forgets every label set that has not been counted since `unseenSince`; returns how many. For `journal reset-series`. */
  resetSeries(unseenSince: number): Promise<number>
  status(): JournalStatus
  /** Milliseconds until an entry that is handed in now is expected to be durable; 0 if nothing waits. */
  expectedCommit(): number
  /** Makes what is pending durable, or fails it, within `deadline` milliseconds; then lets the store go. */
  close(deadline: number): Promise<void>
}

/** How long a canary's nonce is kept, milliseconds: above twice the five minutes in which its signature is good. */
export const CANARY_MEMORY = 15 * 60_000

export interface RetentionLimits {
  /** Milliseconds; older failures are removed. */
  readonly age: number
  /** Bytes of the store; above it the oldest failures are removed. */
  readonly size: number
}

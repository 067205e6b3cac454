import type { ErrorCode } from '../errors.ts'
import type { Cause } from './cause.ts'
import type { Failure } from './failure.ts'
import type { EndpointState } from './incident.ts'
import type { CanaryMoments, Checkpoint, JournalEvents, JournalStatus, SeriesTotal } from './journal.ts'
import type { ProbeResult, ProbeTrigger } from './probe.ts'
import type { SeriesLabels, SeriesUsage } from './series.ts'
import type { Verdict } from './verdict.ts'

/** What became of one request to the ingest listener. */
export const OUTCOMES = ['recorded', 'duplicate', 'ignored', 'rejected', 'failed', 'canary'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** `none` for what was accepted; else the machine code of the answer; `client_closed` where there was nobody to answer. */
export type Reason = ErrorCode | 'none' | 'client_closed'

/** Source of a request that reached no source's route. */
export const NO_SOURCE = 'none'

export interface Answered {
  readonly source: string
  readonly outcome: Outcome
  readonly reason: Reason
  /** From the first byte of the request to the last of the answer. */
  readonly seconds: number
}

/** The instruments, in the words of the domain. No verb throws, whatever it is given. */
export interface Metrics {
  readonly failed: JournalEvents['onFault']
  readonly readFailed: NonNullable<JournalEvents['onReadFault']>
  readonly committed: JournalEvents['onCommitted']
  readonly expired: JournalEvents['onExpired']
  answered(request: Answered): void
  /** A failure became durable. `exemplar` is its trace id where the span is sampled. */
  recorded(failure: Failure, labels: SeriesLabels, exemplar: string | null): void
  /** All counts are replaced by what the journal holds. */
  restored(totals: readonly SeriesTotal[]): void
  /** The write-ahead log was to be brought into the database file. */
  checkpointed(checkpoint: Checkpoint): void
  /** Another replica counts these label sets: they stand at 0 until this one does, and their last failure is shown. */
  registerRemote(series: readonly SeriesTotal[]): void
  credentials(source: string, count: number): void
  credentialsReloadFailed(source: string): void
  /** An endpoint was looked at. Only followed endpoints are handed in. */
  probed(result: ProbeResult, trigger: ProbeTrigger): void
  /** The canary was sent and did or did not come back. */
  canaryRun(run: CanaryRun): void
  /**
   * Whether this replica does what only one may do: probe on a schedule, send canaries. The series of both exist while it
   * does and go when it stops, since another one shows them then.
   */
  setLeader(lease: boolean): void
  /** Asked at each scrape. */
  observe(sources: MetricSources): void
}

export interface MetricSources {
  readonly journal?: () => JournalStatus
  readonly series?: () => SeriesUsage
  /** The followed endpoints, at most 500 beside those that are configured. */
  readonly endpoints?: () => Iterable<EndpointState>
  /** Null until the journal told; the metrics exist only where a canary is configured. */
  readonly canary?: () => CanaryMoments | null
  /** Whether anything outside answered recently; null: nothing outside was tried recently. */
  readonly egress?: () => boolean | null
}

export interface CanaryRun {
  /** Why it did not come back; null: it did. */
  readonly cause: Cause | null
  /** Of one that came back. */
  readonly seconds?: number
}

/** A span, for a link from another trace. */
export interface SpanRef {
  readonly traceId: string
  readonly spanId: string
}

/** The SERVER span of one request (OpenTelemetry HTTP semantic conventions). Without an exporter all of it does nothing. */
export interface RequestSpan {
  /** 32 hexadecimal digits; null where tracing is off. */
  readonly traceId: string | null
  readonly sampled: boolean
  /** The INTERNAL span `webhook.delivery` below it, for the failure that the report tells of. */
  delivery(failure: Failure, details: DeliveryDetails): SpanRef | null
  end(answer: { readonly status: number; readonly errorType?: string }): void
}

export interface DeliveryDetails {
  /** The code as an HTTP status, where it is one. */
  readonly httpStatus?: number
  /** How often the source tried before it gave up. */
  readonly attempts?: number
}

export interface Tracing {
  /** Starts a new trace; the sender's `traceparent` (W3C Trace Context) becomes a link, since it comes from outside. */
  request(about: {
    readonly method: string
    readonly route?: string | undefined
    readonly path: string
    /** Milliseconds since the epoch. */
    readonly startedAt?: number
    readonly traceparent?: string | undefined
    readonly tracestate?: string | undefined
    readonly clientAddress?: string | undefined
    readonly userAgent?: string | undefined
  }): RequestSpan
  /** The root span `webhook.probe` of a probe that has ended, with a child for each phase. */
  probe(about: {
    readonly result: ProbeResult
    readonly trigger: ProbeTrigger
    /** The failures that asked for it; they become links. */
    readonly requestedBy: readonly SpanRef[]
    readonly verdict?: Verdict
  }): void
  /** Exports what waits, within `deadline` milliseconds. Never rejects. */
  close(deadline: number): Promise<void>
}

/** A subset of pino's interface: fields first, then the message. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  fatal(fields: object, message: string): void
  /** A log whose lines begin with these fields, which are made into text once. */
  child(fields: object): Log
}

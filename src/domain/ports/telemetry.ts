import type { ErrorCode } from '../../errors.ts'
import type { Cause } from '../cause/cause.ts'
import type { HookEvent } from '../incident/hook-plan.ts'
import type { EndpointState } from '../incident/incident.ts'
import type { Failure } from '../report/failure.ts'
import type { SeriesLabels, SeriesUsage } from '../report/series.ts'
import type { SignalType } from '../report/signal.ts'
import type { ProbeResult, ProbeTrigger } from '../verdict/probe.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { CanaryMoments, Checkpoint, JournalEvents, JournalStatus, RecoveryCount, SeriesTotal } from './journal.ts'

/** Outcome of one request to the ingest listener. */
export const OUTCOMES = ['recorded', 'duplicate', 'ignored', 'simulated', 'rejected', 'failed', 'canary'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** `none` if accepted, `partly_rejected` if but for some events of a batch, `client_closed` if the client disconnected, otherwise the machine code of the answer. */
export type Reason = ErrorCode | 'none' | 'partly_rejected' | 'client_closed'

/** Source of a request that reached no source's route. */
export const NO_SOURCE = 'none'

export interface Answered {
  readonly source: string
  readonly outcome: Outcome
  readonly reason: Reason
  /** From the first byte of the request to the last of the answer. */
  readonly seconds: number
}

/** How often the supervisor of the sidecar form has restarted the service. */
export interface Restarts {
  readonly all: number
  /** Of these: because the kernel had killed it, since the container's memory was used up. */
  readonly forMemory: number
}

/** The instruments, in domain terms. No method throws, for any arguments. */
export interface Metrics {
  readonly failed: JournalEvents['onFault']
  readonly readFailed: NonNullable<JournalEvents['onReadFault']>
  readonly committed: JournalEvents['onCommitted']
  readonly expired: JournalEvents['onExpired']
  answered(request: Answered): void
  /** A failure became durable. `exemplar` is its trace id if the span is sampled. */
  recorded(failure: Failure, labels: SeriesLabels, exemplar: string | null): void
  /** A signal was taken: it is durable, or changes nothing durable. Lost deliveries are counted by `recorded`. */
  signalled(source: string, type: SignalType): void
  /** What would have opened an incident did not, because a limit of endpoints was reached. */
  incidentNotOpened(): void
  /** A delivery succeeded or failed permanently, as a source that reports both says. */
  delivered(delivery: CountedDelivery): void
  /** A source reports successes: its lost deliveries count as failed ones from now on. */
  reportsDeliveries(source: string): void
  /** Replaces all counts with the journal's totals. */
  restored(totals: readonly SeriesTotal[]): void
  /** A checkpoint of the write-ahead log was attempted. */
  checkpointed(checkpoint: Checkpoint): void
  /** Label sets of other replicas: at 0 until this replica counts one, with the time of their last failure. */
  registerRemote(series: readonly SeriesTotal[]): void
  credentials(source: string, count: number): void
  credentialsReloadFailed(source: string): void
  /** An endpoint was probed. Only tracked endpoints are passed. */
  probed(result: ProbeResult, trigger: ProbeTrigger): void
  /** An event was sent to a hook, or given up. */
  hookDelivered(hook: string, event: HookEvent, result: HookResult): void
  /** A canary was sent, and returned or not. */
  canaryRun(run: CanaryRun): void
  /**
   * Whether this replica is the leader, which alone probes on a schedule and sends canaries. Both kinds of series exist
   * only while it is, since the next leader exposes them.
   */
  setLeader(isLeader: boolean): void
  /** Sources that are read at each scrape. */
  observe(sources: MetricSources): void
}

export interface CountedDelivery {
  readonly source: string
  readonly endpoint: string
  readonly result: 'success' | 'failure'
  /** What the platform saw; absent if it is not known. */
  readonly code?: number
}

export interface MetricSources {
  readonly journal?: () => JournalStatus
  readonly series?: () => SeriesUsage
  /** The tracked endpoints, at most 500 in addition to the configured ones. */
  readonly endpoints?: () => Iterable<EndpointState>
  /** When the oldest event that each hook waits for happened; null: none waits. Empty unless this replica is the leader. */
  readonly hooks?: () => ReadonlyMap<string, number | null>
  /** Closed incidents by the status of their recovery; asked for at each scrape. The metrics exist only if recovery is on. */
  readonly recoveries?: () => Promise<readonly RecoveryCount[]>
  /** Null until the journal is open. The metrics exist only if a canary is configured. */
  readonly canary?: () => CanaryMoments | null
  /** Endpoints of proxied routes that say when the platform gives up, and whether its report is overdue. */
  readonly overdue?: () => Iterable<{ readonly endpoint: string; readonly isOverdue: boolean }>
  /** Whether anything outside answered recently; null if nothing outside was tried recently. */
  readonly egress?: () => boolean | null
}

/** Result of an attempt to send an event to a hook; `given_up` comes after the last one. */
export const HOOK_RESULTS = ['success', 'failure', 'given_up'] as const
export type HookResult = (typeof HOOK_RESULTS)[number]

export interface CanaryRun {
  /** Why it did not return; null if it did. */
  readonly cause: Cause | null
  /** Round trip of a canary that returned. */
  readonly seconds?: number
}

/** A span, for a link from another trace. */
export interface SpanRef {
  readonly traceId: string
  readonly spanId: string
}

/** The SERVER span of one request (OpenTelemetry HTTP semantic conventions). Without an exporter it does nothing. */
export interface RequestSpan {
  /** 32 hexadecimal digits; null if tracing is off. */
  readonly traceId: string | null
  readonly sampled: boolean
  /** Of this span, for what is called because of the request (W3C Trace Context); null if tracing is off. */
  readonly traceparent: string | null
  /** A CLIENT span below it, for one attempt to deliver through the proxy. */
  attempt(about: { readonly url: string; readonly method: string; readonly number: number }): AttemptSpan
  /** The INTERNAL span `webhook.delivery` below it, for the reported failure. */
  delivery(failure: Failure, details: DeliveryDetails): SpanRef | null
  end(answer: { readonly status: number; readonly errorType?: string }): void
}

export interface AttemptSpan {
  end(result: { readonly status?: number; readonly errorType?: string; readonly message?: string }): void
}

export interface DeliveryDetails {
  /** The code, if it is an HTTP status. */
  readonly httpStatus?: number | undefined
  /** How often the source tried before it gave up. */
  readonly attempts?: number | undefined
}

export interface Tracing {
  /** Starts a new trace; the sender's `traceparent` (W3C Trace Context) becomes a link, since it is untrusted. */
  request(about: {
    readonly method: string
    readonly route?: string | undefined
    readonly path: string
    /** Of a delivery that the proxy passes on. */
    readonly endpoint?: string | undefined
    readonly traceparent?: string | undefined
    readonly clientAddress?: string | undefined
    readonly userAgent?: string | undefined
  }): RequestSpan
  /** The root span `webhook.probe` of a probe that has ended, with a child for each phase. */
  probe(about: {
    readonly result: ProbeResult
    readonly trigger: ProbeTrigger
    /** Spans of the failures that triggered it; they become links. */
    readonly requestedBy: readonly SpanRef[]
    readonly verdict?: Verdict
  }): void
  /** Exports the remaining spans within `deadline` milliseconds. Never rejects. */
  close(deadline: number): Promise<void>
}

/** A subset of pino's interface: fields first, then the message. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  fatal(fields: object, message: string): void
  /** A log whose lines all have these fields, which are serialised once. */
  child(fields: object): Log
}

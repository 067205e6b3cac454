import type { EndpointState, Incident, Quiet } from '../domain/incident/incident.ts'
import type { TimelineSignal } from '../domain/incident/timeline.ts'
import type { Applied, AppliedEvent } from '../domain/ports/journal.ts'
import type { SpanRef } from '../domain/ports/telemetry.ts'
import type { Failure } from '../domain/report/failure.ts'
import type { Latest } from './incident-verdicts.ts'
import type { ProbeRound } from './probing.ts'

/** Tracks every endpoint from its first failure to its recovery. Its state comes from the journal: at start and after each event. */
export interface IncidentTracker {
  /**
   * Whether an entry of the endpoint changes its incident, as far as this replica knows.
   * @param openedBy the credential, if the entry would open an incident
   */
  isTracked(endpoint: string, openedBy?: string): boolean
  /** Ends an entry of a tracked endpoint (`isTracked`). Only a stored entry takes a slot. */
  complete(endpoint: string, stored: boolean): void
  /** The journal's state of every endpoint; replaces what was known. */
  onSnapshot(states: readonly EndpointState[]): void
  /** A failure became durable. Returns at once. */
  onRecorded(failure: Failure, applied: Applied | undefined, span: SpanRef | null): void
  /** A signal that is no failure became durable. Returns at once. */
  onSignal(signal: TimelineSignal, applied: Applied | undefined): void
  /** Applies what deliveries say about an endpoint. Never rejects. @returns undefined if the journal refused */
  apply(endpoint: string, event: AppliedEvent): Promise<Applied | undefined>
  /** An endpoint was probed. Never rejects. */
  onProbeRound(round: ProbeRound): Promise<void>
  /** @throws AppError `not_found`, `conflict` (it is closed), and what `Journal.apply` rejects with */
  resolve(id: string, reason: string): Promise<Incident>
  states(): Iterable<EndpointState>
  /** How long the endpoint has been quiet, by this process; undefined without an open incident. */
  quietOf(endpoint: string): Quiet | undefined
  /** Whether the endpoint can be probed; otherwise its incident closes by quiet time alone. */
  isProbed(endpoint: string): boolean
  state(endpoint: string): EndpointState | undefined
  /** The newest probe from each vantage point since this process started. */
  latest(endpoint: string): Latest
  start(): void
  stop(): void
}

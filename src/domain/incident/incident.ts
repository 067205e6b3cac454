import type { Cause } from '../cause/cause.ts'
import type { Fault } from '../cause/contradiction.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { HookPlan } from './hook-plan.ts'
import type { Finding, IncidentEnd } from './incident-end.ts'
import type { DeliveryStream, IncidentSignals, LastDelivery, Proof, Run } from './incident-signals.ts'
import type { Recovery } from './recovery.ts'
import type { TimelineSignal } from './timeline.ts'

export * from './incident-signals.ts'

/** How an incident ended: with proof, without proof (nothing could be probed), or manually. */
export const RESOLUTIONS = ['proven', 'unproven', 'manual'] as const
export type Resolution = (typeof RESOLUTIONS)[number]

/** Deliveries in this window may be lost and must be recovered. Milliseconds since the epoch; `from` is never after `until`. */
export interface LossWindow {
  /** The last proven good moment before the incident; null if none is known. */
  readonly from: number | null
  readonly fromProof: Proof | null
  /** The recovery; null while the incident is open. */
  readonly until: number | null
  readonly untilProof: Proof | null
}

/** The time from an endpoint's first failure to its recovery. All times are milliseconds since the epoch. */
export interface Incident {
  /** The id of the failure that opened it; a new UUID version 7 if probes opened it. */
  readonly id: string
  readonly endpoint: string
  readonly openedAt: number
  /** Null while it is open. */
  readonly closedAt: number | null
  readonly resolution: Resolution | null
  /** Why it was closed manually. */
  readonly reason: string | null
  /** How its end is known; absent while it is open, and in incidents that an earlier version closed. */
  readonly end?: IncidentEnd | null
  /** What its newest probe says about its end; absent if it contradicts the reports, or none was made since the last one. */
  readonly found?: Finding | null
  /** What its reports and warnings said went wrong, at most 10; absent in incidents of earlier versions. */
  readonly faults?: readonly Fault[]
  /** Null if probes opened it and no report followed. */
  readonly firstFailureAt: number | null
  readonly lastFailureAt: number | null
  readonly failures: number
  /** The credential that opened it, where its source and first tenant do not tell: a report named the tenant. */
  readonly openedBy?: string
  /** Where its failures came from, in the order of their first ones. */
  readonly sources: readonly string[]
  /** Tenants of the deliveries, at most `TENANT_LIMIT`, and whether that is all of them; failures without a tenant do not count. */
  readonly tenants: readonly string[]
  readonly tenantsComplete: boolean
  readonly causes: Readonly<Partial<Record<Cause, number>>>
  /** The newest report; null if there is none. */
  readonly report: { readonly id: string; readonly at: number; readonly code: number; readonly cause: Cause } | null
  /** The cause of the verdict; before the first verdict, that of the first failure. */
  readonly cause: Cause
  /** The newest verdict; the history is stored separately. */
  readonly verdict: Verdict | null
  readonly loss: LossWindow
  /** How often a failure within the quiet time after closing reopened it. */
  readonly reopened: number
  /** Start of the quiet time: the last report, or earlier if the clock was set back since. */
  readonly quietSince: number
  /** How much of the quiet time had passed when that was last stored; it counts only if it began at `quietSince`. */
  readonly quiet?: Quiet
  /** Consecutive good probes since the last failure or bad probe. */
  readonly goodRun: (Run & { readonly proof: Proof }) | null
  /** What signals other than reports of its deliveries said; absent if none came and none can come. */
  readonly signals?: IncidentSignals
  /** What became of restoring what was lost; absent before it first closed, and where recovery is off. */
  readonly recovery?: Recovery
}

/** Most tenants that an incident names. */
export const TENANT_LIMIT = 100

/** The stored state of a tracked endpoint, from which the next event is judged. */
export interface EndpointState {
  readonly endpoint: string
  /** The last good probe, milliseconds since the epoch. */
  readonly goodAt: number | null
  readonly goodProof: Proof | null
  /** Consecutive failed scheduled probes while no incident was open. */
  readonly failedProbes: number
  /** Incidents opened since the endpoint was first stored. Retention never lowers it. */
  readonly incidents: number
  /** The open incident, otherwise the last one. */
  readonly incident: Incident | null
  /** The last success of each stream of deliveries, oldest first, at most `ORIGIN_LIMIT`; absent if there is none. */
  readonly delivered?: readonly LastDelivery[]
  /** Increases with each stored change by any replica. Absent if a single process makes all changes. */
  readonly version?: number
}

/** Whether a state is known to be older than another one of the same endpoint. */
export const isOlder = (state: EndpointState, than: EndpointState | undefined): boolean =>
  state.version !== undefined && than?.version !== undefined && state.version < than.version

/**
 * Bounds the open incidents of endpoints that are not configured: whoever has one valid token can invent URLs. Plain data:
 * it crosses threads.
 */
export interface UnconfiguredLimit {
  /** Names of endpoints that are not limited. */
  readonly configured: readonly string[]
  /** Most open incidents of other endpoints together; one credential opens at most half of them. */
  readonly limit: number
  /** Endpoints that are remembered, configured ones included. Of others, the one that closed first makes room for a new one. */
  readonly places: number
}

export interface IncidentSettings {
  /** Milliseconds without a report before an incident may close; a failure this soon after closing reopens it. */
  readonly quietTime: number
  /** Consecutive good probes that prove a recovery; at least 1. */
  readonly goodProbes: number
  /** Consecutive failed scheduled probes that open an incident; 0 means never. */
  readonly failedProbes: number
  /** What changes lead to besides; nothing if absent. */
  readonly hooks?: HookPlan
  /** No limit if absent. */
  readonly unconfigured?: UnconfiguredLimit
}

/**
 * How long an endpoint has been quiet by a monotonic clock.
 * A wall clock that jumps an hour ahead must not close what still fails, so both clocks have to agree.
 */
export interface Quiet {
  /** The incident's `quietSince` when it was read; a failure since then ends the quiet time. */
  readonly since: number
  /** Milliseconds for which a receiver was running: while it was down, no report could arrive. */
  readonly lasted: number
}

/** What can happen to an endpoint. `at` is milliseconds since the epoch. */
export type IncidentEvent =
  | {
      readonly type: 'failure'
      readonly at: number
      readonly id: string
      readonly code: number
      readonly cause: Cause
      readonly source: string
      readonly tenant: string
      /** The credential, where source and tenant do not tell it. */
      readonly openedBy?: string
      /** Its URL or reference, where its source also reports what arrived; absent if nothing but losses can be reported. */
      readonly url?: string
    }
  /** An early warning, a disabling or a recovery; `at` is its receipt, and the signal says when a recovery happened. */
  | { readonly type: 'signal'; readonly at: number; readonly signal: TimelineSignal; readonly openedBy?: string }
  /** Deliveries that succeeded since the last such event of this replica. */
  | {
      readonly type: 'delivered'
      readonly at: number
      readonly streams: readonly DeliveryStream[]
      readonly quiet?: Quiet
    }
  /**
   * Deliveries failed, and the platform may still repeat them: they matter only while an incident is open. `routes` are the
   * `url` of the streams that they belong to; absent in events of earlier versions.
   */
  | { readonly type: 'undelivered'; readonly at: number; readonly routes?: readonly string[] }
  | {
      readonly type: 'probe'
      /** When the answer arrived: the moment that a good probe proves. */
      readonly at: number
      readonly startedAt: number
      /** UUID version 7 for the incident that this event may open. */
      readonly id: string
      readonly scheduled: boolean
      readonly up: boolean
      readonly pathUnproven: boolean
      /** Of the last answer; null if there was none. */
      readonly status: number | null
      /** Null if up. */
      readonly cause: Cause | null
      /** Why the probe says nothing about the endpoint; absent if it does. Then `up` is false. */
      readonly unseen?: 'blind' | 'not_probed'
      /** If absent, only the wall clock decides. */
      readonly quiet?: Quiet
    }
  | { readonly type: 'verdict'; readonly at: number; readonly verdict: Verdict }
  | {
      readonly type: 'tick'
      readonly at: number
      /** Whether the endpoint can be probed. If not, the incident closes by quiet time alone. */
      readonly probed: boolean
      /** Whether the incident's `found` is not too old to close it: the leading replica has probed since it started. */
      readonly isFresh?: boolean
      /** If absent, only the wall clock decides. */
      readonly quiet?: Quiet
    }
  | { readonly type: 'resolve'; readonly at: number; readonly id: string; readonly reason: string }

/** What an event did to the incident; `joined`: the report belongs to the open one, `none`: nothing worth a log line. */
export type Change = 'opened' | 'reopened' | 'joined' | 'closed' | 'none'

export interface Reduced {
  /** The same object if there is nothing to store. */
  readonly state: EndpointState
  readonly change: Change
}

/** The state of an endpoint without history. */
export const newEndpoint = (endpoint: string): EndpointState => ({
  endpoint,
  goodAt: null,
  goodProof: null,
  failedProbes: 0,
  incidents: 0,
  incident: null,
})

/** Whether the endpoint's newest incident is open. */
export const isOpen = (state: EndpointState): boolean => state.incident !== null && state.incident.closedAt === null

/** Whether an event makes an endpoint known that nothing is stored of. Other events do nothing to it. */
export const startsTracking = (event: IncidentEvent): boolean =>
  event.type === 'failure' ||
  event.type === 'probe' ||
  event.type === 'delivered' ||
  (event.type === 'signal' && event.signal.type !== 'recovered' && !event.signal.manual)

/** Whether some source has switched the endpoint off; then only enabling it, or a manual close, ends the incident. */
export const isDisabled = ({ signals }: Incident): boolean => signals !== undefined && signals.disabled.length > 0

/** Signals that became rows of the timeline of an endpoint's newest incident. */
export const signalsTotal = (state: EndpointState | undefined): number => state?.incident?.signals?.total ?? 0

/**
 * Whether a signal became a row of the timeline of the incident that is there after it.
 * @param before `signalsTotal` before it
 * @param change what it did to the endpoint; `state` is that after it
 */
export const isTimelineRow = (before: number, change: Change, state: EndpointState): boolean =>
  signalsTotal(state) > (change === 'opened' ? 0 : before)

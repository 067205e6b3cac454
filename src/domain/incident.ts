import type { Cause } from './cause.ts'
import type { Verdict } from './verdict.ts'

/** How an incident ended: on proof, without any (nothing could be probed), or by hand. */
export const RESOLUTIONS = ['proven', 'unproven', 'manual'] as const
export type Resolution = (typeof RESOLUTIONS)[number]

/**
 * What stands behind an end of the loss window: a good probe of the path, a probe that reached the server but could not
 * judge the path, the last failure before the quiet time, or somebody's word.
 */
export type Proof = 'path' | 'reachability' | 'quiet' | 'manual'

/** The deliveries of this time are to be read again. Times are milliseconds since the epoch; `from` is never after `until`. */
export interface LossWindow {
  /** The last proven good moment before; null: none is known. */
  readonly from: number | null
  readonly fromProof: Proof | null
  /** The recovery; null while the incident is open. */
  readonly until: number | null
  readonly untilProof: Proof | null
}

/** The time from an endpoint's first failure to its recovery. All times are milliseconds since the epoch. */
export interface Incident {
  /** That of the failure that opened it; a UUID version 7 of its own where probes did. */
  readonly id: string
  readonly endpoint: string
  readonly openedAt: number
  /** Null while it is open. */
  readonly closedAt: number | null
  readonly resolution: Resolution | null
  /** Why somebody closed it by hand. */
  readonly reason: string | null
  /** Null where probes opened it and no report came. */
  readonly firstFailureAt: number | null
  readonly lastFailureAt: number | null
  readonly failures: number
  /** Where its failures came from, in the order of their first ones. */
  readonly sources: readonly string[]
  /** Whose they were, at most `TENANT_LIMIT`, and whether that is all of them; failures without a tenant do not count. */
  readonly tenants: readonly string[]
  readonly tenantsComplete: boolean
  readonly causes: Readonly<Partial<Record<Cause, number>>>
  /** The newest report; null where there is none. */
  readonly report: { readonly id: string; readonly at: number; readonly code: number; readonly cause: Cause } | null
  /** The verdict's, and before there is one the first failure's. */
  readonly cause: Cause
  /** The newest one; the history is kept beside. */
  readonly verdict: Verdict | null
  readonly loss: LossWindow
  /** How often a failure within the quiet time after closing opened it again. */
  readonly reopened: number
  /** From when the quiet time counts: the last report, or earlier where the clock was set back since. */
  readonly quietSince: number
  /** Good probes in a row since the last bad thing. */
  readonly goodRun: { readonly count: number; readonly since: number; readonly proof: Proof } | null
}

/** Most tenants that an incident names. */
export const TENANT_LIMIT = 100

/** What is kept of each endpoint whose incident is followed, so that the next event can be judged. */
export interface EndpointState {
  readonly endpoint: string
  /** The last good probe, milliseconds since the epoch. */
  readonly goodAt: number | null
  readonly goodProof: Proof | null
  /** Scheduled probes that failed in a row while no incident was open. */
  readonly failedProbes: number
  /** Incidents opened since the journal knows the endpoint. Retention never lowers it. */
  readonly incidents: number
  /** The open one, else the last one. */
  readonly incident: Incident | null
  /** Grows with each stored change, whichever replica made it. Absent where one process makes all changes. */
  readonly version?: number
}

/** Whether the first of two states of an endpoint is known to be the older one. */
export const isOlder = (state: EndpointState, than: EndpointState | undefined): boolean =>
  state.version !== undefined && than?.version !== undefined && state.version < than.version

export interface IncidentSettings {
  /** Milliseconds without a report before an incident may close, and after closing in which a failure opens it again. */
  readonly quietTime: number
  /** Good probes in a row that prove a recovery; at least 1. */
  readonly goodProbes: number
  /** Failed scheduled probes in a row that open an incident; 0: they never do. */
  readonly failedProbes: number
}

/**
 * How long an endpoint has been quiet by a clock that nobody sets. A wall clock that is an hour ahead must not close what
 * still fails, so that both clocks have to agree.
 */
export interface Quiet {
  /** The incident's `quietSince` as it was seen: a failure that comes in between ends the quiet. */
  readonly since: number
  /** Milliseconds since this process first saw it. */
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
    }
  | {
      readonly type: 'probe'
      /** When its answer was there; the moment that a good one proves. */
      readonly at: number
      readonly startedAt: number
      /** UUID version 7 for the incident that it may open. */
      readonly id: string
      readonly scheduled: boolean
      readonly up: boolean
      readonly pathUnproven: boolean
      /** Null where up. */
      readonly cause: Cause | null
      /** Absent: the wall clock decides alone. */
      readonly quiet?: Quiet
    }
  | { readonly type: 'verdict'; readonly at: number; readonly verdict: Verdict }
  | {
      readonly type: 'tick'
      readonly at: number
      /** Whether the endpoint can be probed. One that cannot closes by quiet time alone. */
      readonly probed: boolean
      /** Absent: the wall clock decides alone. */
      readonly quiet?: Quiet
    }
  | { readonly type: 'resolve'; readonly at: number; readonly id: string; readonly reason: string }

/** What an event did to an endpoint's incident; `joined`: a report belongs to the open one, `none`: nothing that is told. */
export type Change = 'opened' | 'reopened' | 'joined' | 'closed' | 'none'

export interface Reduced {
  /** The same object where nothing is to be stored. */
  readonly state: EndpointState
  readonly change: Change
}

/** An endpoint of which nothing is known. */
export const newEndpoint = (endpoint: string): EndpointState => ({
  endpoint,
  goodAt: null,
  goodProof: null,
  failedProbes: 0,
  incidents: 0,
  incident: null,
})

/** Whether its newest incident goes on. */
export const isOpen = (state: EndpointState): boolean => state.incident !== null && state.incident.closedAt === null

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

/** What can happen to an endpoint. `at` is milliseconds since the epoch. */
export type IncidentEvent =
  | {
      readonly type: 'failure'
      readonly at: number
      readonly id: string
      readonly code: number
      readonly cause: Cause
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
    }
  | { readonly type: 'verdict'; readonly at: number; readonly verdict: Verdict }
  | {
      readonly type: 'tick'
      readonly at: number
      /** Whether the endpoint can be probed. One that cannot closes by quiet time alone. */
      readonly probed: boolean
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

/**
 * Decides what an event does to an endpoint's incident. Pure; events count in the order in which they are applied, and a
 * clock that is set back or forth never reverses a loss window nor keeps an incident open for good.
 */
export function reduceIncident(state: EndpointState, event: IncidentEvent, settings: IncidentSettings): Reduced {
  switch (event.type) {
    case 'failure':
      return onFailure(state, event, settings)
    case 'probe':
      return event.up ? onGoodProbe(state, event, settings) : onBadProbe(state, event, settings)
    case 'verdict':
      return onVerdict(state, event.verdict)
    case 'tick':
      return onTick(state, event, settings)
    case 'resolve':
      return onResolve(state, event)
  }
}

type Of<T extends IncidentEvent['type']> = Extract<IncidentEvent, { type: T }>

function onFailure(state: EndpointState, event: Of<'failure'>, settings: IncidentSettings): Reduced {
  const { at, id, code, cause } = event
  const { incident, change, opened } = opening(state, { at, id, cause }, settings)
  return {
    change,
    state: {
      ...state,
      failedProbes: 0,
      incidents: state.incidents + opened,
      incident: {
        ...incident,
        firstFailureAt: Math.min(incident.firstFailureAt ?? at, at),
        lastFailureAt: Math.max(incident.lastFailureAt ?? at, at),
        failures: incident.failures + 1,
        causes: { ...incident.causes, [cause]: (incident.causes[cause] ?? 0) + 1 },
        report: { id, at, code, cause },
        quietSince: at,
        goodRun: null,
      },
    },
  }
}

/** The incident that something bad belongs to: the open one, the one that closed within the quiet time, or a new one. */
function opening(
  state: EndpointState,
  { at, id, cause }: { at: number; id: string; cause: Cause },
  { quietTime }: IncidentSettings,
): { incident: Incident; change: Change; opened: 0 | 1 } {
  const last = state.incident
  if (last && last.closedAt === null) return { incident: last, change: 'joined', opened: 0 }
  // Also where the clock was set back since it closed.
  if (last && at - last.closedAt! < quietTime) {
    const loss = { ...last.loss, until: null, untilProof: null }
    return {
      incident: { ...last, closedAt: null, resolution: null, reason: null, loss, reopened: last.reopened + 1 },
      change: 'reopened',
      opened: 0,
    }
  }
  // A good moment later than now is one of a clock that has been set back: when it was is not known.
  const known = state.goodAt !== null && state.goodAt <= at
  return {
    change: 'opened',
    opened: 1,
    incident: {
      id,
      endpoint: state.endpoint,
      openedAt: at,
      closedAt: null,
      resolution: null,
      reason: null,
      firstFailureAt: null,
      lastFailureAt: null,
      failures: 0,
      causes: {},
      report: null,
      cause,
      verdict: null,
      loss: {
        from: known ? state.goodAt : null,
        fromProof: known ? state.goodProof : null,
        until: null,
        untilProof: null,
      },
      reopened: 0,
      quietSince: at,
      goodRun: null,
    },
  }
}

function onGoodProbe(state: EndpointState, event: Of<'probe'>, settings: IncidentSettings): Reduced {
  const { at, startedAt } = event
  const proof: Proof = event.pathUnproven ? 'reachability' : 'path'
  const good = { ...state, goodAt: at, goodProof: proof, failedProbes: 0 }
  const { incident } = state
  if (!incident || incident.closedAt !== null) return { state: good, change: 'none' }
  // Begun before the last report, it says nothing of the time after.
  if (startedAt < incident.quietSince) return { state: good, change: 'none' }
  const run = incident.goodRun
  const goodRun = run ? { ...run, count: run.count + 1 } : { count: 1, since: at, proof }
  return closeProven({ ...good, incident: { ...incident, goodRun } }, at, settings)
}

function onBadProbe(state: EndpointState, event: Of<'probe'>, settings: IncidentSettings): Reduced {
  const { incident } = state
  if (incident && incident.closedAt === null) {
    if (incident.goodRun === null) return { state, change: 'none' }
    return { state: { ...state, incident: { ...incident, goodRun: null } }, change: 'none' }
  }
  if (!event.scheduled || settings.failedProbes === 0) return { state, change: 'none' }
  const failedProbes = state.failedProbes + 1
  if (failedProbes < settings.failedProbes) return { state: { ...state, failedProbes }, change: 'none' }
  const begun = opening(state, { at: event.at, id: event.id, cause: event.cause ?? 'unknown' }, settings)
  return {
    change: begun.change,
    state: {
      ...state,
      failedProbes: 0,
      incidents: state.incidents + begun.opened,
      incident: { ...begun.incident, quietSince: event.at, goodRun: null },
    },
  }
}

function onVerdict(state: EndpointState, verdict: Verdict): Reduced {
  const { incident } = state
  if (!incident || incident.closedAt !== null) return { state, change: 'none' }
  return { state: { ...state, incident: { ...incident, cause: verdict.cause, verdict } }, change: 'none' }
}

function onTick(state: EndpointState, { at, probed }: Of<'tick'>, settings: IncidentSettings): Reduced {
  const { incident } = state
  if (!incident || incident.closedAt !== null) return { state, change: 'none' }
  // The clock was set back: the quiet time counts from now, or it would last for as long as the clock was wrong.
  if (at < incident.quietSince)
    return { state: { ...state, incident: { ...incident, quietSince: at } }, change: 'none' }
  const proven = closeProven(state, at, settings)
  if (proven.change === 'closed' || probed || at - incident.quietSince < settings.quietTime) return proven
  return close(state, incident, {
    at,
    resolution: 'unproven',
    reason: null,
    until: incident.lastFailureAt ?? at,
    untilProof: 'quiet',
  })
}

function onResolve(state: EndpointState, { at, id, reason }: Of<'resolve'>): Reduced {
  const { incident } = state
  if (!incident || incident.closedAt !== null || incident.id !== id) return { state, change: 'none' }
  return close(state, incident, { at, resolution: 'manual', reason, until: at, untilProof: 'manual' })
}

/** Closes where enough good probes and enough quiet have come together. */
function closeProven(state: EndpointState, at: number, { goodProbes, quietTime }: IncidentSettings): Reduced {
  const incident = state.incident!
  const run = incident.goodRun
  if (!run || run.count < goodProbes || at - incident.quietSince < quietTime) return { state, change: 'none' }
  return close(state, incident, {
    at,
    resolution: 'proven',
    reason: null,
    until: run.since,
    untilProof: run.proof,
  })
}

function close(
  state: EndpointState,
  incident: Incident,
  end: { at: number; resolution: Resolution; reason: string | null; until: number; untilProof: Proof },
): Reduced {
  const { from, fromProof } = incident.loss
  // Whatever the clock did, the window holds what was lost.
  const until = Math.max(end.until, incident.lastFailureAt ?? end.until, from ?? end.until)
  return {
    change: 'closed',
    state: {
      ...state,
      incident: {
        ...incident,
        closedAt: end.at,
        resolution: end.resolution,
        reason: end.reason,
        loss: { from, fromProof, until, untilProof: end.untilProof },
        goodRun: null,
      },
    },
  }
}

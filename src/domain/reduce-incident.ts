import type { Cause } from './cause.ts'
import {
  type Change,
  type EndpointState,
  type Incident,
  type IncidentEvent,
  type IncidentSettings,
  type Proof,
  type Reduced,
  type Resolution,
  TENANT_LIMIT,
} from './incident.ts'
import type { Verdict } from './verdict.ts'

/**
 * Decides what an event does to an endpoint's incident. Pure.
 * Events count in the order in which they are applied. A clock that is set back or forward never reverses a loss window
 * and never keeps an incident open forever.
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
  const { at, id, code, cause, source, tenant } = event
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
        sources: incident.sources.includes(source) ? incident.sources : [...incident.sources, source],
        ...withTenant(incident, tenant),
        causes: { ...incident.causes, [cause]: (incident.causes[cause] ?? 0) + 1 },
        report: { id, at, code, cause },
        quietSince: at,
        goodRun: null,
      },
    },
  }
}

type Tenants = Pick<Incident, 'tenants' | 'tenantsComplete'>

function withTenant({ tenants, tenantsComplete }: Tenants, tenant: string): Tenants {
  if (tenant === '' || tenants.includes(tenant)) return { tenants, tenantsComplete }
  if (tenants.length >= TENANT_LIMIT) return { tenants, tenantsComplete: false }
  return { tenants: [...tenants, tenant], tenantsComplete }
}

/** The incident that a failure belongs to: the open one, one that closed within the quiet time, or a new one. */
function opening(
  state: EndpointState,
  { at, id, cause }: { at: number; id: string; cause: Cause },
  { quietTime }: IncidentSettings,
): { incident: Incident; change: Change; opened: 0 | 1 } {
  const last = state.incident
  if (last && last.closedAt === null) return { incident: last, change: 'joined', opened: 0 }
  // This is also true if the clock was set back since it closed.
  if (last && at - last.closedAt! < quietTime) {
    const loss = { ...last.loss, until: null, untilProof: null }
    return {
      incident: { ...last, closedAt: null, resolution: null, reason: null, loss, reopened: last.reopened + 1 },
      change: 'reopened',
      opened: 0,
    }
  }
  // A good moment in the future means that the clock was set back: its real time is unknown.
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
      sources: [],
      tenants: [],
      tenantsComplete: true,
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
  // A probe that started before the last report says nothing about the time after it.
  if (startedAt < incident.quietSince) return { state: good, change: 'none' }
  const run = incident.goodRun
  const goodRun = run ? { ...run, count: run.count + 1 } : { count: 1, since: at, proof }
  return closeProven({ ...good, incident: { ...incident, goodRun } }, event, settings)
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
  const opened = opening(state, { at: event.at, id: event.id, cause: event.cause ?? 'unknown' }, settings)
  return {
    change: opened.change,
    state: {
      ...state,
      failedProbes: 0,
      incidents: state.incidents + opened.opened,
      incident: { ...opened.incident, quietSince: event.at, goodRun: null },
    },
  }
}

function onVerdict(state: EndpointState, verdict: Verdict): Reduced {
  const { incident } = state
  if (!incident || incident.closedAt !== null) return { state, change: 'none' }
  return { state: { ...state, incident: { ...incident, cause: verdict.cause, verdict } }, change: 'none' }
}

function onTick(state: EndpointState, event: Of<'tick'>, settings: IncidentSettings): Reduced {
  const { at, probed } = event
  const { incident } = state
  if (!incident || incident.closedAt !== null) return { state, change: 'none' }
  // The clock was set back: count the quiet time from now, or it would last as long as the clock was ahead.
  if (at < incident.quietSince)
    return { state: { ...state, incident: { ...incident, quietSince: at } }, change: 'none' }
  const proven = closeProven(state, event, settings)
  if (proven.change === 'closed' || probed || !isQuiet(incident, event, settings)) return proven
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

/** Closes the incident after enough good probes and enough quiet time. */
function closeProven(state: EndpointState, event: Of<'probe' | 'tick'>, settings: IncidentSettings): Reduced {
  const incident = state.incident!
  const run = incident.goodRun
  if (!run || run.count < settings.goodProbes || !isQuiet(incident, event, settings)) return { state, change: 'none' }
  return close(state, incident, {
    at: event.at,
    resolution: 'proven',
    reason: null,
    until: run.since,
    untilProof: run.proof,
  })
}

function isQuiet(
  { quietSince }: Incident,
  { at, quiet }: Of<'probe' | 'tick'>,
  { quietTime }: IncidentSettings,
): boolean {
  if (at - quietSince < quietTime) return false
  return quiet === undefined || (quiet.since === quietSince && quiet.lasted >= quietTime)
}

function close(
  state: EndpointState,
  incident: Incident,
  end: { at: number; resolution: Resolution; reason: string | null; until: number; untilProof: Proof },
): Reduced {
  const { from, fromProof } = incident.loss
  // The window must cover every lost delivery, even if the clock was set.
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

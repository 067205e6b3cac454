import { contradicts } from '../cause/contradiction.ts'
import type { Verdict } from '../verdict/verdict.ts'
import { close, closeIfOver, closeProven, withQuiet } from './close-incident.ts'
import {
  type EndpointState,
  type IncidentEvent,
  type IncidentSettings,
  isOpen,
  type Proof,
  type Reduced,
} from './incident.ts'
import type { Finding } from './incident-end.ts'
import { failedSignals, faultsOf, joined, opening } from './open-incident.ts'
import { onDelivered, onSignal, onUndelivered } from './reduce-signals.ts'

/**
 * Decides what an event does to an endpoint's incident. Pure.
 * Events count in the order in which they are applied. A clock that is set back or forward never reverses a loss window
 * and never keeps an incident open forever.
 */
export function reduceIncident(state: EndpointState, event: IncidentEvent, settings: IncidentSettings): Reduced {
  switch (event.type) {
    case 'failure':
      return onFailure(state, event, settings)
    case 'signal':
      return onSignal(state, event, settings)
    case 'delivered':
      return onDelivered(state, event, settings)
    case 'undelivered':
      return onUndelivered(state, event)
    case 'probe':
      if (event.unseen) return onFinding(state, event, { how: event.unseen })
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
  const { at, id, code, cause, source, tenant, url } = event
  const opened = opening(state, event, settings)
  const { incident, change } = opened
  const next = joined(state, opened, event)
  return {
    change,
    state: {
      ...next,
      incident: {
        ...next.incident,
        firstFailureAt: Math.min(incident.firstFailureAt ?? at, at),
        lastFailureAt: Math.max(incident.lastFailureAt ?? at, at),
        failures: incident.failures + 1,
        causes: { ...incident.causes, [cause]: (incident.causes[cause] ?? 0) + 1 },
        report: { id, at, code, cause },
        ...failedSignals(incident, url === undefined ? undefined : { source, tenant, url }),
      },
    },
  }
}

function onGoodProbe(state: EndpointState, event: Of<'probe'>, settings: IncidentSettings): Reduced {
  const { at, startedAt, status } = event
  const { incident } = state
  const proof: Proof = event.pathUnproven ? 'reachability' : 'path'
  // What the platform got, or would get as well, is no good moment.
  const faults = incident && incident.resolution !== 'proven' ? faultsOf(incident) : []
  if (status !== null && !faults.every((fault) => contradicts(status, fault))) {
    const how = faults.some((fault) => fault.status === status) ? 'same_answer' : 'other_answer'
    return onFinding(state.failedProbes === 0 ? state : { ...state, failedProbes: 0 }, event, { how, status })
  }
  const good = { ...state, goodAt: at, goodProof: proof, failedProbes: 0 }
  // A probe that started before the last report says nothing about the time after it.
  if (!incident || !isOpen(state) || startedAt < incident.quietSince) return { state: good, change: 'none' }
  const run = incident.goodRun
  const goodRun = run ? { ...run, count: run.count + 1 } : { count: 1, since: at, proof }
  return closeProven({ ...good, incident: { ...incident, goodRun, found: null } }, event, settings)
}

/** A probe that does not prove the recovery. */
function onFinding(state: EndpointState, { at, startedAt, unseen }: Of<'probe'>, found: Finding): Reduced {
  const { incident } = state
  if (!incident || !isOpen(state) || startedAt < incident.quietSince) return { state, change: 'none' }
  const before = incident.found ?? null
  const goodRun = unseen ? incident.goodRun : null
  if (before?.how === found.how && before.status === found.status && goodRun === incident.goodRun)
    return { state, change: 'none' }
  // It failed until now, whether or not a report said so.
  const quietSince = before?.how === 'failing' ? Math.max(incident.quietSince, at) : incident.quietSince
  return { state: { ...state, incident: { ...incident, quietSince, goodRun, found } }, change: 'none' }
}

function onBadProbe(state: EndpointState, event: Of<'probe'>, settings: IncidentSettings): Reduced {
  const found = { how: 'failing', ...(event.status !== null && { status: event.status }) } as const
  if (isOpen(state)) return onFinding(state, event, found)
  if (!event.scheduled || settings.failedProbes === 0) return { state, change: 'none' }
  const failedProbes = state.failedProbes + 1
  if (failedProbes < settings.failedProbes) return { state: { ...state, failedProbes }, change: 'none' }
  const { at, id } = event
  const opened = opening(state, { at, id, cause: event.cause ?? 'unknown' }, settings)
  return {
    change: opened.change,
    state: {
      ...state,
      failedProbes: 0,
      incidents: state.incidents + opened.opened,
      incident: { ...opened.incident, quietSince: event.at, goodRun: null, found },
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
  const reduced = closeIfOver(state, event, settings, { isProbed: probed, isFresh: event.isFresh === true })
  return reduced.change === 'closed' ? reduced : { ...reduced, state: withQuiet(state, event.quiet, settings) }
}

function onResolve(state: EndpointState, { at, id, reason }: Of<'resolve'>): Reduced {
  const { incident } = state
  if (!incident || incident.closedAt !== null || incident.id !== id) return { state, change: 'none' }
  return close(state, incident, {
    at,
    resolution: 'manual',
    reason,
    until: at,
    untilProof: 'manual',
    known: { how: 'manual' },
  })
}

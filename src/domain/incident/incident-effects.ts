import { type OutboxEvent, outboxEvents } from './hook.ts'
import { type HookPlan, isRecoveryOn } from './hook-plan.ts'
import type { EndpointState, Incident, IncidentEvent, IncidentSettings, Reduced } from './incident.ts'
import { openRecovery, type RecoveryChange, type RecoveryEvent, reduceRecovery, reopenRecovery } from './recovery.ts'
import { reduceIncident } from './reduce-incident.ts'

/** A change, and the events for hooks that are stored with it in one transaction. */
export interface WithOutbox {
  readonly outbox: readonly OutboxEvent[]
}

/** Without hooks, and with recovery off. */
export const NO_HOOKS: HookPlan = { hooks: [] }

/** `reduceIncident`, with the incident's recovery and the events for hooks. Pure. */
export function reduceWithEffects(
  before: EndpointState,
  event: IncidentEvent,
  settings: IncidentSettings,
): Reduced & WithOutbox {
  const { state, change } = reduceIncident(before, event, settings)
  if (!state.incident || change === 'none' || change === 'joined') return { state, change, outbox: [] }
  const plan = settings.hooks ?? NO_HOOKS
  const incident = withRecovery(state.incident, change, plan)
  const changed = { incident, recovery: incident.recovery ?? null, at: event.at }
  return { state: { ...state, incident }, change, outbox: outboxEvents(plan, change, changed) }
}

function withRecovery(incident: Incident, change: Reduced['change'], plan: HookPlan): Incident {
  const { closedAt, failures, recovery, signals, endpoint } = incident
  if (change === 'reopened' && recovery) return { ...incident, recovery: reopenRecovery(recovery) }
  if (change !== 'closed' || !isRecoveryOn(plan, endpoint)) return incident
  // While an endpoint was disabled, deliveries were lost without a report.
  const isNeeded = failures > 0 || (signals?.disablings ?? 0) > 0
  return { ...incident, recovery: openRecovery(recovery ?? null, { closedAt: closedAt!, isNeeded }) }
}

/** The incident as it is now; `open`: it has never closed, or is to be requested while it is open; nothing was changed. */
export interface RecoveryApplied {
  readonly incident: Incident
  readonly change: RecoveryChange | 'open'
}

/** What an event does to an incident's recovery, with the events for hooks. Pure. */
export function reduceRecoveryWithEffects(
  incident: Incident,
  event: RecoveryEvent,
  plan: HookPlan = NO_HOOKS,
): RecoveryApplied & WithOutbox {
  const { closedAt } = incident
  // A report may come for the closing before the reopening.
  if (closedAt === null && !(incident.recovery && event.type === 'report'))
    return { incident, change: 'open', outbox: [] }
  const before = incident.recovery ?? openRecovery(null, { closedAt: closedAt!, isNeeded: false })
  const { recovery, change } = reduceRecovery(before, named(event, incident, before.requests))
  if (recovery === before) return { incident, change, outbox: [] }
  const changed = { ...incident, recovery }
  return {
    incident: changed,
    change,
    outbox: outboxEvents(plan, change, { incident: changed, recovery, at: event.at }),
  }
}

/** The task of a request has the name of its event, so that a job needs to know one of them only. */
const named = (event: RecoveryEvent, { id }: Incident, requests: number): RecoveryEvent =>
  event.type === 'request' ? { ...event, task: `${id}-requested-${requests + 1}` } : event

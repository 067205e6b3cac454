import { concerns, type HookEvent, type HookPlan } from './hook-plan.ts'
import type { Change, Incident } from './incident.ts'
import type { Recovery, RecoveryChange } from './recovery.ts'

/** An event for a hook, as the journal keeps it until it is delivered. */
export interface OutboxEvent {
  readonly hook: string
  /** The same over all retries, and to every hook; unique among the events of a hook. Letters, digits and hyphens. */
  readonly id: string
  readonly event: HookEvent
  /** Milliseconds since the epoch. */
  readonly at: number
  /** As it was right after the change. */
  readonly incident: Incident
  readonly recovery: Recovery | null
}

/** What a change of an incident or of its recovery is to the hooks; undefined if nothing is sent for it. */
export function hookEventOf(change: Change | RecoveryChange): HookEvent | undefined {
  switch (change) {
    case 'opened':
    case 'reopened':
    case 'closed':
      return `incident.${change}`
    case 'requested':
    case 'overdue':
      return `recovery.${change}`
    default:
      return undefined
  }
}

/** An incident right after a change. */
export interface ChangedIncident {
  readonly incident: Incident
  /** Null if recovery is off, or it never closed. */
  readonly recovery: Recovery | null
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The events that a change leads to, one for each hook that wants it. */
export function outboxEvents(
  { hooks }: HookPlan,
  change: Change | RecoveryChange,
  { incident, recovery, at }: ChangedIncident,
): OutboxEvent[] {
  const event = hookEventOf(change)
  if (!event) return []
  const number = event === 'recovery.requested' ? (recovery?.requests ?? 1) : ordinal(event, incident)
  const id = `${incident.id}-${change}-${number}`
  return hooks
    .filter((hook) => hook.events.includes(event) && concerns(hook, incident.endpoint))
    .map(({ name }) => ({ hook: name, id, event, at, incident, recovery }))
}

/** Which opening, reopening or closing it is, so that ids are unique. */
const ordinal = (event: HookEvent, { reopened }: Incident): number =>
  event === 'incident.reopened' ? reopened : reopened + 1

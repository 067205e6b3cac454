import type { Change, Incident } from './incident.ts'
import type { Recovery, RecoveryChange } from './recovery.ts'

/** The events that a hook can be sent. The set is closed; on the wire each has the prefix `webhook.`. */
export const HOOK_EVENTS = [
  'incident.opened',
  'incident.reopened',
  'incident.closed',
  'recovery.requested',
  'recovery.overdue',
] as const
export type HookEvent = (typeof HOOK_EVENTS)[number]

/** What `hook-test` sends. */
export const TEST_EVENT = 'webhook.test'

/** Which events of which endpoints a hook is sent. Plain data: it crosses threads. */
export interface HookRule {
  readonly name: string
  readonly events: readonly HookEvent[]
  /** Names of endpoints; null: all. */
  readonly endpoints: readonly string[] | null
}

/** What the journal does besides storing an incident's change, in the same transaction. Plain data. */
export interface HookPlan {
  readonly hooks: readonly HookRule[]
  /** `recovery.enabled`; absent: on where a hook matches. */
  readonly recovery?: boolean
}

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

export interface HookFilter {
  readonly name: string
  readonly events: readonly HookEvent[]
  /** Empty: all. */
  readonly endpoints: readonly string[]
  /** Empty: all. An endpoint that is not configured has no team. */
  readonly teams: readonly string[]
}

/** Resolves teams to the names of their endpoints. */
export function hookRules(
  hooks: readonly HookFilter[],
  configured: readonly { readonly name: string; readonly team: string }[],
): HookRule[] {
  return hooks.map(({ name, events, endpoints, teams }) => {
    const ofTeams = configured.filter(({ team }) => teams.includes(team)).map((endpoint) => endpoint.name)
    const named = endpoints.length === 0 ? null : endpoints
    if (teams.length === 0) return { name, events, endpoints: named }
    return { name, events, endpoints: named ? ofTeams.filter((each) => named.includes(each)) : ofTeams }
  })
}

const concerns = ({ endpoints }: HookRule, endpoint: string): boolean =>
  endpoints === null || endpoints.includes(endpoint)

/** Whether the endpoint's incidents get a recovery when they close. */
export function isRecoveryOn({ hooks, recovery }: HookPlan, endpoint: string): boolean {
  const starts = (event: HookEvent) => event === 'incident.closed' || event === 'recovery.requested'
  return recovery ?? hooks.some((hook) => concerns(hook, endpoint) && hook.events.some(starts))
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

import { VERIFY_ENDPOINT } from '../report/failure.ts'

/** The events that a hook can be sent. The set is closed; on the wire each has the prefix `webhook.`. */
export const HOOK_EVENTS = [
  'incident.opened',
  'incident.reopened',
  'incident.closed',
  'recovery.requested',
  'recovery.overdue',
] as const
export type HookEvent = (typeof HOOK_EVENTS)[number]

/** What `verify --hook` sends. */
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

/** Whether a hook is sent the events of an endpoint. Not for verifications: nothing was lost. */
export const concerns = ({ endpoints }: HookRule, endpoint: string): boolean =>
  endpoint !== VERIFY_ENDPOINT && (endpoints === null || endpoints.includes(endpoint))

/** Whether the endpoint's incidents get a recovery when they close. */
export function isRecoveryOn({ hooks, recovery }: HookPlan, endpoint: string): boolean {
  const starts = (event: HookEvent) => event === 'incident.closed' || event === 'recovery.requested'
  if (endpoint === VERIFY_ENDPOINT) return false
  return recovery ?? hooks.some((hook) => concerns(hook, endpoint) && hook.events.some(starts))
}

import { GROUPS } from '../rules/groups.ts'
import { alertsOf } from '../rules/model.ts'
import type { Matcher } from './routing.ts'

export interface Inhibition {
  readonly why: string
  readonly source: readonly Matcher[]
  readonly target: readonly Matcher[]
  readonly equal: readonly string[]
}

/** `cluster` is equal where no alert has it, too. */
const RELEASE = ['cluster', 'namespace', 'job'] as const
const matcher = (name: string, op: Matcher['op'], value: string): Matcher => ({ name, op, value })
const named = (pattern: string): Matcher => matcher('alertname', /^\w+$/.test(pattern) ? '=' : '=~', pattern)
const OF_A_TEAM = matcher('team', '!=', '')
const severe = (value: string | undefined): Matcher[] => (value === undefined ? [] : [matcher('severity', '=', value)])

/** What each alert says it silences, in the order of the alerts. */
export const INHIBITIONS: readonly Inhibition[] = alertsOf(GROUPS).flatMap(({ alert, inhibits = [] }) =>
  inhibits.map(({ why, targets, not, severity, targetSeverity, same }) => ({
    why,
    // No team is no common team: with one token, invented URLs would silence every endpoint that has no team.
    source: [named(alert), ...severe(severity), ...(same.some((label) => label === 'team') ? [OF_A_TEAM] : [])],
    target: [
      named(targets),
      ...(not === undefined ? [] : [matcher('alertname', '!~', not)]),
      ...severe(targetSeverity),
    ],
    equal: [...RELEASE, ...same],
  })),
)

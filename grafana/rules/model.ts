import type { RemedyId } from '../../src/domain/remedies/remedy.ts'
import type { DASHBOARDS } from '../signals.ts'

/** One page in docs/runbooks. Texts are Markdown. */
export interface Runbook {
  readonly meaning: string
  readonly impact: string
  /** Steps in order; a command or query is in a fenced block. */
  readonly diagnosis: readonly string[]
  readonly mitigation: readonly string[]
}

/** `endpoint`: what the endpoint's configuration says. */
export const SEVERITIES = ['critical', 'warning', 'info', 'endpoint'] as const

/** What an alert silences while it fires. */
export interface Inhibits {
  readonly why: string
  /** A pattern of alert names, of targets of any severity unless given. */
  readonly targets: string
  readonly not?: string
  readonly targetSeverity?: string
  /** Severity that it must have itself, if not any. */
  readonly severity?: string
  /** Labels, besides those of the release, that both must share. */
  readonly same: readonly string[]
}

/** All there is to know of an alert. To add one, add it to the list of its group; everything else is generated. */
export interface Alert {
  /** `Webhook…`; also the name of its runbook. */
  readonly alert: string
  readonly expr: string
  /** The part of the expression that decides, for the runbook, where the rest only fetches what texts say. */
  readonly condition?: string
  readonly for?: string
  readonly keepFiringFor?: string
  readonly severity: (typeof SEVERITIES)[number]
  /** The severity in a Prometheus template, where it is not the same for all that the alert is about. */
  readonly severityLabel?: string
  /** Further labels; an empty one removes a label of the expression. */
  readonly labels?: Readonly<Record<string, string>>
  /** Why it may page someone, or why it must not. */
  readonly wakes: string
  /** Static: it is the same for every endpoint. */
  readonly summary: string
  /** A Prometheus template. */
  readonly description: string
  /** More annotations, by name. */
  readonly annotations?: Readonly<Record<string, string>>
  /** The page of what to do, where it is the same for all that the alert is about. */
  readonly remedy?: RemedyId
  readonly dashboard: keyof typeof DASHBOARDS
  /** Why the expression is as it is; becomes a YAML comment. */
  readonly why?: string
  readonly inhibits?: readonly Inhibits[]
  /** Names of removed alerts that it replaces: `rules.overrides` of them are refused with this name. */
  readonly replaces?: readonly string[]
  readonly runbook: Runbook
}

export interface Recording {
  readonly record: string
  readonly expr: string
  readonly why?: string
}

export interface Group {
  readonly name: string
  /** The rule file that it is in, which may hold several groups. */
  readonly file: string
  readonly interval: string
  /** Why it is a group of its own; becomes a YAML comment. */
  readonly why?: string
  readonly rules: readonly (Alert | Recording)[]
}

/** Whether a rule is an alert and not a recording. */
export const isAlert = (rule: Alert | Recording): rule is Alert => 'alert' in rule
/** The alerts of groups, in their order. */
export const alertsOf = (groups: readonly Group[]): Alert[] => groups.flatMap(({ rules }) => rules.filter(isAlert))

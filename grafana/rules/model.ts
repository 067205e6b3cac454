import type { DASHBOARDS } from '../signals.ts'

/** One page in docs/runbooks. Texts are Markdown. */
export interface Runbook {
  readonly meaning: string
  readonly impact: string
  /** Steps in order; a command or query stands in a fenced block. */
  readonly diagnosis: readonly string[]
  readonly mitigation: readonly string[]
}

export interface Alert {
  /** `Webhook…`; also the name of its runbook. */
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly keepFiringFor?: string
  /** `endpoint`: what the endpoint's configuration says, critical where it says nothing. */
  readonly severity: 'critical' | 'warning' | 'endpoint'
  /** Static: it is the same for every endpoint. */
  readonly summary: string
  /** A Prometheus template. */
  readonly description: string
  /** More annotations, by name. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly dashboard: keyof typeof DASHBOARDS
  /** Why the expression is as it is; becomes a YAML comment. */
  readonly why?: string
  readonly runbook: Runbook
}

export interface Recording {
  readonly record: string
  readonly expr: string
  readonly why?: string
}

export interface Group {
  readonly name: string
  readonly rules: readonly (Alert | Recording)[]
}

/** Whether a rule is no recording. */
export const isAlert = (rule: Alert | Recording): rule is Alert => 'alert' in rule
/** The alerts of groups, in their order. */
export const alertsOf = (groups: readonly Group[]): Alert[] => groups.flatMap(({ rules }) => rules.filter(isAlert))

import type { Labels, Value } from '../series.ts'

/** Series with which an alert fires or does not, for `promtool test rules`. */
export interface Case {
  readonly alert: string
  readonly what: string
  readonly series: Readonly<Record<string, readonly Value[]>>
  /** First evaluation at which it fires permanently; undefined: never within `end`. */
  readonly fires?: string
  /** Its labels besides alertname, alertstate, namespace and job. */
  readonly labels?: Labels
  /** What its description says then. */
  readonly says?: RegExp
  /** How long it fired before that. */
  readonly earlier?: string
  /** First evaluation at which it no longer fires. */
  readonly resolves?: string
  /** Last evaluation, for what never fires or never resolves. */
  readonly end: string
  /** Seconds between samples and evaluations, for long ones. */
  readonly step?: number
}

import { SIGNALS } from '../signals.ts'
import type { Recording } from './model.ts'
import { credited, ENDPOINT, indent, joined, of, RELEASE } from './promql.ts'

const record = (what: string): string => `namespace_job_endpoint:webhook_incident_${what}:newest`
const CAUSE = record('cause')
const REPORT = record('report')
const VERDICT = record('verdict')
const LOST = record('lost')
const STARTED = record('started')
/** Endpoints that were disabled, and no longer are, before anything was lost. */
export const ENABLED_AGAIN = 'namespace_job_endpoint:webhook_endpoint_disabled:enabled_again'

/** One series per known endpoint, without its own labels. */
const known = `max by (${ENDPOINT}) (${of(SIGNALS.endpointInfoHeld.name)})`
/** What is known now, otherwise what was known before the receiver or the incident went away, else 1 without labels. */
const always = (record: string, expr: string, ...matchers: readonly string[]): string => `${expr}
or on (${ENDPOINT})
(
  topk by (${ENDPOINT}) (1, last_over_time(${of(record, ...matchers)}[30m]))
  unless on (${ENDPOINT})
  ${of(SIGNALS.incidentInfo.name)}
)
or on (${ENDPOINT})
${known}`
/** The newest of what may be several series. */
const newest = (metric: string, labels: readonly string[]): string =>
  `topk by (${ENDPOINT}) (1, max by (${[ENDPOINT, ...labels].join(', ')}) (${of(metric)}))`

/** Each has exactly one series per endpoint, known or not, so that no join with it can fail or suppress an alert. */
export const DETAIL_RECORDINGS: readonly Recording[] = [
  { record: CAUSE, expr: always(CAUSE, newest(SIGNALS.incidentInfo.name, ['cause', 'code']), 'cause!=""') },
  {
    record: REPORT,
    expr: always(
      REPORT,
      `label_join(
${indent(newest(SIGNALS.incidentReportInfo.name, ['cause', 'code']))},
  "reported", " ", "cause", "code"
)`,
      'reported!=""',
    ),
  },
  {
    record: VERDICT,
    expr: always(VERDICT, newest(SIGNALS.incidentVerdictInfo.name, ['rule', 'remedy', 'url']), 'rule!=""'),
  },
  {
    record: LOST,
    why: 'Whether the incident has a lost delivery: early warnings and probes open incidents, too. The time of the last report is for a receiver that does not say.',
    expr: always(
      LOST,
      `label_replace(
  (
    max by (${ENDPOINT}) (${of(SIGNALS.incidentFailures.name)}) > 0
    or
    (
      max by (${ENDPOINT}) (${of(SIGNALS.lastFailure.name)})
      >=
      max by (${ENDPOINT}) (${of(SIGNALS.incidentStarted.name)})
      unless
      max by (${ENDPOINT}) (${of(SIGNALS.incidentFailures.name)})
    )
  ) > bool 0,
  "lost", "yes", "", ""
)`,
      'lost!=""',
    ),
  },
  {
    record: ENABLED_AGAIN,
    why: 'WebhookEndpointDisabled has said all there was to say. Only the quiet time keeps the incident open.',
    expr: `max by (${ENDPOINT}) (max_over_time(${of(SIGNALS.endpointDisabledHeld.name)}[1h])) == 1
unless on (${ENDPOINT})
${of(SIGNALS.endpointDisabledHeld.name)} == 1
unless on (${ENDPOINT})
${of(LOST, 'lost="yes"')}`,
  },
  {
    record: STARTED,
    why: 'The value is the start of the incident, or 1.',
    expr: `max by (${ENDPOINT}) (${of(SIGNALS.incidentStarted.name)})
or on (${ENDPOINT})
(last_over_time(${of(STARTED)}[30m]) > 1)
or on (${ENDPOINT})
${known}`,
  },
]

/** What alerts may add to their expression, as labels: [labels, recording]. */
const DETAILS = {
  cause: ['cause, code', CAUSE],
  report: ['reported', REPORT],
  verdict: ['rule, remedy, url', VERDICT],
  lost: ['lost', LOST],
  /** The value: the start of the incident, or 1. */
  started: ['', STARTED],
} as const

/** Adds details of an endpoint's incident to an expression with the value 1. */
export const withDetails = (expr: string, ...details: readonly (keyof typeof DETAILS)[]): string =>
  details.reduce((inner, detail) => joined(inner, DETAILS[detail][0], DETAILS[detail][1]), expr)

/** A figure of each endpoint as a label, empty where there is none: one query for all alerts, not one for each. */
const withFigure = (expr: string, label: string, figure: string): string => `(
${indent(expr)}
)
* on (${ENDPOINT}) group_left (${label})
(
  count_values by (${ENDPOINT}) ("${label}", ${figure})
  or on (${ENDPOINT})
  ${known}
)`
/** Adds `loss_started`, the last good moment before the incident. */
export const withLossStarted = (expr: string): string =>
  withFigure(expr, 'loss_started', `max by (${ENDPOINT}) (${of(SIGNALS.incidentLossStarted.name)})`)
const failures = (offset = ''): string =>
  `sum by (${ENDPOINT}) (max without (instance, pod) (${of(SIGNALS.endpointFailures.name)}${offset}))`
/** Totals that one process continues after another: those of a journal that is a local file. */
const hasOneTotal = `group by (${RELEASE}) (last_over_time(${of(SIGNALS.journalWalLimit.name)}[1h]))`
/**
 * Adds `failures_last_hour`, exactly where one total is continued: `increase` would extrapolate. Replicas that share
 * PostgreSQL each count from 0 instead, as does a process after its journal was replaced.
 */
export const withFailuresOfHour = (expr: string): string =>
  withFigure(
    expr,
    'failures_last_hour',
    `(${failures()} - (${failures(' offset 1h')} or 0 * ${failures()}) and on (${RELEASE}) ${hasOneTotal}) >= 0
or
round(sum by (${ENDPOINT}) (${credited(SIGNALS.endpointFailures.name, [], 60)}))`,
  )

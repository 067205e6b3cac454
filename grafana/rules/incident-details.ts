import { causeOf, REMEDY_IDS } from '../../src/domain/remedies/remedy.ts'
import { UP_HINTS } from '../../src/domain/verdict-words.ts'
import { SIGNALS } from '../signals.ts'
import type { Recording } from './model.ts'
import { ENDPOINT, indent, joined, of } from './promql.ts'

/**
 * What the texts of an incident's alert are made from. They come with the alert's expression as labels, and its rule
 * removes them again (an empty label of a rule deletes it): values that change during an incident must not be part of
 * the alert's identity, and a query per annotation and endpoint would cost thousands of queries when everything fails.
 */
export const DETAIL_LABELS = [
  'event',
  'cause',
  'code',
  'reported_cause',
  'reported_code',
  'rule',
  'remedy',
  'url',
  'lost',
  'host',
  'port',
  'hint',
  'loss_started',
  'failures_last_hour',
] as const
/** Empty values: they remove the labels from the alert. */
export const WITHOUT_DETAILS: Readonly<Record<string, string>> = Object.fromEntries(
  DETAIL_LABELS.map((label) => [label, '']),
)

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
const renamed = (expr: string, from: string, to: string): string => `label_replace(
${indent(expr)},
  "${to}", "$1", "${from}", "(.*)"
)`

/** Each has exactly one series per endpoint, known or not, so that no join with it can fail or suppress an alert. */
export const DETAIL_RECORDINGS: readonly Recording[] = [
  { record: CAUSE, expr: always(CAUSE, newest(SIGNALS.incidentInfo.name, ['cause', 'code']), 'cause!=""') },
  {
    record: REPORT,
    expr: always(
      REPORT,
      renamed(
        renamed(newest(SIGNALS.incidentReportInfo.name, ['cause', 'code']), 'cause', 'reported_cause'),
        'code',
        'reported_code',
      ),
      'reported_cause!=""',
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

/** Adds all details to an expression with the value 1; its value is then the start of the incident, or 1. */
const withDetails = (expr: string): string =>
  (
    [
      ['cause, code', CAUSE],
      ['reported_cause, reported_code', REPORT],
      ['rule, remedy, url', VERDICT],
      ['lost', LOST],
      ['', STARTED],
    ] as const
  ).reduce((inner: string, [labels, recording]) => joined(inner, labels, recording), expr)

/** Adds what is known of the endpoint and of its incident. */
export const withIncident = (expr: string): string =>
  withDetails(joined(expr, 'team, severity, event', SIGNALS.endpointInfoHeld.name))

const HOST = '(\\[[^]]*\\]|[^/:]+)'
/** Labels made from others: [new, value, from, pattern]. A later one replaces an earlier one where its pattern matches. */
const MADE: readonly (readonly [label: string, value: string, from: string, pattern: string])[] = [
  ['host', '$1', 'url', `https?://${HOST}.*`],
  ['port', '443', 'url', 'https://.*'],
  ['port', '80', 'url', 'http://.*'],
  ['port', '$2', 'url', `https?://${HOST}:([0-9]+).*`],
  ...[...Map.groupBy(REMEDY_IDS, (id) => UP_HINTS[causeOf(id)])].map(
    ([hint, ids]) => ['hint', hint.replaceAll('$', '$$$$'), 'remedy', ids.join('|')] as const,
  ),
]

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
const failures = (offset = ''): string =>
  `sum by (${ENDPOINT}) (max without (instance, pod) (${of(SIGNALS.endpointFailures.name)}${offset}))`
const FIGURES = [
  ['loss_started', `max by (${ENDPOINT}) (${of(SIGNALS.incidentLossStarted.name)})`],
  // Exact: `increase` would extrapolate.
  ['failures_last_hour', `${failures()} - (${failures(' offset 1h')} or 0 * ${failures()})`],
] as const

const withFigures = (expr: string): string =>
  FIGURES.reduce((inner: string, [label, figure]) => withFigure(inner, label, figure), expr)
/** Adds figures, and what texts need of the details. In a template, each of these would be parsed and matched for every alert again. */
export const withMadeLabels = (expr: string): string =>
  `${'label_replace(\n'.repeat(MADE.length)}${indent(withFigures(expr))}\n${MADE.map((made) => {
    const [label, value, from, pattern] = made.map((text) => JSON.stringify(text))
    return `, ${label}, ${value}, ${from}, ${pattern})`
  }).join('\n')}`

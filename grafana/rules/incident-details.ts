import { SIGNALS } from '../signals.ts'
import type { Recording } from './model.ts'
import { ENDPOINT, indent, of } from './promql.ts'

/** Endpoints that were disabled, and no longer are, before anything was lost. */
export const ENABLED_AGAIN = 'namespace_job_endpoint:webhook_endpoint_disabled:enabled_again'
const HELD = SIGNALS.incidentInfoHeld.name
/** Longer than the time between two evaluations, and shorter than two. */
export const LAST_EVALUATION = '29s'

export const DETAIL_RECORDINGS: readonly Recording[] = [
  {
    record: HELD,
    why: 'What a page says of an incident, in one series for each endpoint, known or not, so that no join with it can fail or suppress an alert. What the evaluation before knew is kept while the incident is held.',
    expr: `(topk by (${ENDPOINT}) (1, max without (instance, pod) (${of(SIGNALS.incidentInfo.name)})) >= bool 0)
* on (${ENDPOINT}) group_left () max by (${ENDPOINT}) (${of(SIGNALS.incidentStarted.name)})
* on (${ENDPOINT}) group_left (team, severity, event) ${of(SIGNALS.endpointInfoHeld.name)}
or on (${ENDPOINT})
(last_over_time(${of(HELD, 'title!=""')}[${LAST_EVALUATION}]) and on (${ENDPOINT}) ${of(SIGNALS.incidentHeld.name)} == 1)
or on (${ENDPOINT})
${of(SIGNALS.endpointInfoHeld.name)}`,
  },
  {
    record: ENABLED_AGAIN,
    why: 'WebhookEndpointDisabled has said all there was to say. Only the quiet time keeps the incident open.',
    expr: `max by (${ENDPOINT}) (max_over_time(${of(SIGNALS.endpointDisabledHeld.name)}[1h])) == 1
unless on (${ENDPOINT})
${of(SIGNALS.endpointDisabledHeld.name)} == 1
unless on (${ENDPOINT})
max_over_time(${of(SIGNALS.incidentFailures.name)}[10m]) > 0`,
  },
]

/** What a page says of an incident. */
export const PAGE = ['event', 'cause', 'code', 'title', 'summary', 'check', 'proof', 'recovery', 'remedy'] as const

/**
 * Adds labels of what a page says to an expression with the value 1; the value becomes the start of the incident, or 1. The
 * rule's `labels` remove them again: what changes must not be part of the alert's identity. Each costs time for each alert.
 */
export const withPage = (expr: string, labels: readonly string[] = PAGE) => ({
  expr: `(
${indent(expr)}
)
* on (${ENDPOINT}) group_left (team, severity, ${labels.join(', ')})
${of(HELD)}`,
  labels: Object.fromEntries(labels.map((label) => [label, ''])),
})

import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import type { SignalKey } from '../signals.ts'
import { COLOUR } from './palette.ts'
import { DATA_SOURCE } from './panel.ts'
import { IN_RELEASE, perEndpoint, select } from './query.ts'

const annotation = (
  name: string,
  colour: string,
  expr: string,
  titleFormat: string,
): dashboard.AnnotationQueryBuilder =>
  new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATA_SOURCE)
    .enable(true)
    .hide(false)
    .iconColor(colour)
    .expr(expr)
    .target(new prometheus.DataqueryBuilder().refId('Anno').expr(expr).range())
    .titleFormat(titleFormat)
    .step('60s')

/** The values are the times. */
const moments = (...about: Parameters<typeof annotation>): dashboard.AnnotationQueryBuilder =>
  annotation(...about).useValueForTime(true)

const inMilliseconds = (expr: string) => `${expr} * 1000`

/** A mark at each incident's own time of opening. */
export const incidentMarks = (matchers: readonly string[]): dashboard.AnnotationQueryBuilder =>
  moments(
    'Incidents',
    COLOUR.incident,
    inMilliseconds(perEndpoint('incidentStarted' satisfies SignalKey, matchers)),
    'Incident: {{endpoint}}',
  )

/**
 * The alerts of our rules, as long as they fire; nothing if the rules are not loaded.
 * @param matchers such as one of an endpoint
 */
export function alertMarks(matchers: readonly string[] = []): dashboard.AnnotationQueryBuilder {
  const selector = [IN_RELEASE, 'alertname=~"Webhook.*", alertstate="firing"', ...matchers].join(', ')
  const expr = `max by (alertname, severity, endpoint) (ALERTS{${selector}})`
  return annotation('Alerts', COLOUR.alert, expr, '{{alertname}}').textFormat('{{endpoint}}').tagKeys('severity')
}

/** A mark at each start of a process. */
export const restartMarks = (): dashboard.AnnotationQueryBuilder =>
  moments(
    'Restarts',
    COLOUR.restart,
    inMilliseconds(`max by (cluster, namespace, job, instance) (${select('processStart')})`),
    'Receiver started: {{instance}}',
  )

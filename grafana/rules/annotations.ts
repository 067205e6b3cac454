import { DASHBOARDS, SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { VERIFY_ENDPOINT } from './promql.ts'

/** The chart replaces these with `rules.runbookUrl` (its own version by default), `rules.grafanaUrl` and `config.admin.externalUrl`. */
export const RUNBOOK_BASE = 'https://github.com/webhook-error-exporter/webhook-error-exporter/blob/main/docs/runbooks'
export const REMEDY_BASE = RUNBOOK_BASE.replace(/runbooks$/, 'remedies')
const GRAFANA_BASE = 'https://grafana.example.com'
export const API_BASE = 'https://webhook-error-exporter.example.com'

/** The latest incident, open or closed, so that the link still works after it has closed. */
export const INCIDENT_OF = '/api/v1/incidents?limit=1&endpoint={{ $labels.endpoint | urlquery }}'

/** How to reach the API: a link, or a command that starts and stops its own port-forward. */
export const apiAnnotations = (path: string): Record<'api_url' | 'api_command', string> => ({
  api_url: `${API_BASE}${path}`,
  // Without a namespace label, kubectl uses the namespace of its own context.
  api_command: `(kubectl{{ with $labels.namespace }} --namespace {{ . }}{{ end }} port-forward service/{{ $labels.job }}-admin 9464 >/dev/null & trap "kill $!" EXIT; sleep 2; curl --silent --show-error --header 'Accept: text/plain' \${TOKEN:+--header} \${TOKEN:+"Authorization: Bearer $TOKEN"} 'http://127.0.0.1:9464${path}')`,
})

/** Up to five names of the team's endpoints with an open incident, in one query. */
export const failingNames = `{{ range $index, $sample := query (printf "topk(5, (${SIGNALS.incidentHeld.name}{cluster=%q, namespace=%q, job=%q, endpoint!=\\"${VERIFY_ENDPOINT}\\"} == 1) * on (cluster, namespace, job, endpoint) group_left (team) ${SIGNALS.endpointInfoHeld.name}{cluster=%q, namespace=%q, job=%q, team=%q})" $labels.cluster $labels.namespace $labels.job $labels.cluster $labels.namespace $labels.job $labels.team) | sortByLabel "endpoint" }}{{ if $index }}, {{ end }}{{ label "endpoint" $sample }}{{ end }}`

const ofRelease = 'cluster=%q, namespace=%q, job=%q'
const RELEASE_LABELS = '$labels.cluster $labels.namespace $labels.job'
/** Up to five instances of the receiver. */
const instances = `{{ range $index, $sample := query (printf "topk(5, group by (instance) (last_over_time(up{${ofRelease}}[1h])))" ${RELEASE_LABELS}) | sortByLabel "instance" }}{{ if $index }}, {{ end }}{{ label "instance" $sample }}{{ end }}`
/** The last scrape of the receiver that succeeded. */
export const lastScrape = `{{ with query (printf "max(max_over_time(timestamp(${SIGNALS.buildInfo.name}{${ofRelease}})[1d:15s]))" ${RELEASE_LABELS}) }}{{ (. | first | value | toTime).Format "2006-01-02 15:04:05" }} UTC{{ end }}`

/** All annotations of an alert, including runbook and dashboard; values are Prometheus templates. */
export function annotations(rule: Alert): Record<string, string> {
  const isIncident = rule.annotations?.['first_check'] !== undefined
  return {
    summary: rule.summary,
    description: rule.description,
    ...rule.annotations,
    ...(rule.dashboard === 'exporter' && { instance: instances }),
    runbook_url: `${RUNBOOK_BASE}/${rule.alert}.md`,
    ...(isIncident && {
      remedy_url: rule.remedy
        ? `${REMEDY_BASE}/${rule.remedy}.md`
        : `{{ with or $labels.remedy $labels.cause }}${REMEDY_BASE}/{{ . }}.md{{ end }}`,
    }),
    dashboard_url: `${GRAFANA_BASE}/d/${DASHBOARDS[rule.dashboard]}?${variables(rule, isIncident)}`,
  }
}

function variables({ dashboard }: Alert, isIncident: boolean): string {
  // A receiver that was never scraped has no labels.
  const scope = [
    '{{ with $labels.namespace }}var-namespace={{ . | urlquery }}&{{ end }}var-job={{ $labels.job | urlquery }}',
  ]
  if (dashboard !== 'endpoint') return [...scope, 'from=now-6h', 'to=now'].join('&')
  // From the thousand seconds in which the incident began, in milliseconds as Grafana expects: its cause came before it.
  const from = isIncident
    ? '{{ if gt $value 1.0 }}{{ printf "%.0f" $value | reReplaceAll "[0-9]{3}$" "000000" }}{{ else }}now-6h{{ end }}'
    : 'now-6h'
  return [...scope, 'var-endpoint={{ $labels.endpoint | urlquery }}', `from=${from}`, 'to=now'].join('&')
}

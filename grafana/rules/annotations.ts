import { DASHBOARDS, SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'

/** What the chart replaces by `rules.runbookUrl`, `rules.grafanaUrl` and `config.admin.externalUrl`. */
export const RUNBOOK_BASE = 'https://github.com/webhook-error-exporter/webhook-error-exporter/blob/main/docs/runbooks'
export const GRAFANA_BASE = 'https://grafana.example.com'
export const API_BASE = 'https://webhook-error-exporter.example.com'

/** The sample of an endpoint's metric, for `query` in a template. `%q` quotes whatever the name holds. */
const ofEndpoint = (promql: string): string =>
  `query (printf "${promql}" $labels.namespace $labels.job $labels.endpoint)`
const SELECT = '{namespace=%q, job=%q, endpoint=%q}'

const cause = ofEndpoint(`topk(1, max by (cause, code) (${SIGNALS.incidentInfo.name}${SELECT}))`)
const started = ofEndpoint(`max(${SIGNALS.incidentStarted.name}${SELECT})`)
/** Half an hour before the incident, in milliseconds, as Grafana takes it. */
const from = ofEndpoint(`(max(${SIGNALS.incidentStarted.name}${SELECT}) - 1800) * 1000`)
/** Exact: `increase` would extrapolate. */
const lastHour = `query (printf "sum(max without (instance, pod) (${SIGNALS.endpointFailures.name}${SELECT})) - (sum(max without (instance, pod) (${SIGNALS.endpointFailures.name}${SELECT} offset 1h)) or vector(0))" $labels.namespace $labels.job $labels.endpoint $labels.namespace $labels.job $labels.endpoint)`

/** What changes while an incident is open stands in annotations: as labels it would make new alerts. */
export const incidentAnnotations = {
  cause: `{{ with ${cause} }}{{ . | first | label "cause" }}{{ else }}not known yet{{ end }}`,
  code: `{{ with ${cause} }}{{ . | first | label "code" }}{{ else }}not known yet{{ end }}`,
  since: `{{ with ${started} }}{{ . | first | value | humanizeTimestamp }}{{ else }}not known{{ end }}`,
  failures_last_hour: `{{ with ${lastHour} }}{{ . | first | value | printf "%.0f" }}{{ else }}not known{{ end }}`,
} as const

export const INCIDENTS_OF = '/api/v1/incidents?state=open&endpoint={{ $labels.endpoint | urlquery }}'

/** The way to the API: a link, and for those without one the commands. */
export const apiAnnotations = (path: string): Record<'api_url' | 'api_command', string> => ({
  api_url: `${API_BASE}${path}`,
  api_command: `kubectl --namespace {{ $labels.namespace }} port-forward service/{{ $labels.job }}-admin 9464 & sleep 2; curl --silent 'http://127.0.0.1:9464${path}'`,
})

/** A template that says the first text of a cause, by the incident's newest verdict. */
export function byCause(texts: Readonly<Record<string, string>>): string {
  const known = Object.entries(texts)
  if (known.length === 0) return 'See the runbook.'
  const branches = known.map(
    ([name, text], index) => `{{ ${index === 0 ? 'if' : 'else if'} eq $cause "${name}" }}${text}`,
  )
  return `{{ with ${cause} }}{{ $cause := . | first | label "cause" }}${branches.join('')}{{ end }}{{ else }}See the runbook.{{ end }}`
}

export function annotations(rule: Alert): Record<string, string> {
  return {
    summary: rule.summary,
    description: rule.description,
    ...rule.annotations,
    runbook_url: `${RUNBOOK_BASE}/${rule.alert}.md`,
    dashboard_url: `${GRAFANA_BASE}/d/${DASHBOARDS[rule.dashboard]}?${variables(rule)}`,
  }
}

function variables({ dashboard, alert }: Alert): string {
  const scope = ['var-namespace={{ $labels.namespace | urlquery }}', 'var-job={{ $labels.job | urlquery }}']
  // Where nothing is known, nothing is chosen.
  if (alert === 'WebhookReceiverAbsent') return 'from=now-6h&to=now'
  if (dashboard !== 'endpoint') return [...scope, 'from=now-6h', 'to=now'].join('&')
  return [
    ...scope,
    'var-endpoint={{ $labels.endpoint | urlquery }}',
    `from={{ with ${from} }}{{ . | first | value | printf "%.0f" }}{{ else }}now-6h{{ end }}`,
    'to=now',
  ].join('&')
}

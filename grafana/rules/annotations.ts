import { BLIND_RULES } from '../../src/domain/blind-rules.ts'
import { CAUSES } from '../../src/domain/cause.ts'
import { causeOf, REMEDY_IDS, type Remedy } from '../../src/domain/remedies/remedy.ts'
import { RULES, UNPROVABLE } from '../../src/domain/verdict-rules.ts'
import { REPORTED, UP_HINTS } from '../../src/domain/verdict-words.ts'
import { FAMILIES, familiesOf, SYNCHRONOUS } from '../../src/sources/retm/recovery.ts'
import { DASHBOARDS, SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { remediesWith } from './remedies.ts'

/** The chart replaces these with `rules.runbookUrl`, `rules.grafanaUrl` and `config.admin.externalUrl`. */
export const RUNBOOK_BASE = 'https://github.com/webhook-error-exporter/webhook-error-exporter/blob/main/docs/runbooks'
const GRAFANA_BASE = 'https://grafana.example.com'
export const API_BASE = 'https://webhook-error-exporter.example.com'

/** The sample of an endpoint's metric, for `query` in a template. `%q` quotes any name safely. */
const ofEndpoint = (promql: string): string =>
  `query (printf "${promql}" $labels.namespace $labels.job $labels.endpoint)`
const SELECT = '{namespace=%q, job=%q, endpoint=%q}'
const started = ofEndpoint(`max(${SIGNALS.incidentStarted.name}${SELECT})`)
const lossStarted = ofEndpoint(`max(${SIGNALS.incidentLossStarted.name}${SELECT})`)
const certificate = ofEndpoint(`min(${SIGNALS.certificateEnd.name}${SELECT})`)
const ends = ofEndpoint(`topk(1, max by (event) (${SIGNALS.endpointInfo.name}${SELECT}))`)
/** Half an hour before the incident, in milliseconds as Grafana expects. */
const from = ofEndpoint(`(max(${SIGNALS.incidentStarted.name}${SELECT}) - 1800) * 1000`)
/** Exact: `increase` would extrapolate. */
const lastHour = `query (printf "sum(max without (instance, pod) (${SIGNALS.endpointFailures.name}${SELECT})) - (sum(max without (instance, pod) (${SIGNALS.endpointFailures.name}${SELECT} offset 1h)) or vector(0))" $labels.namespace $labels.job $labels.endpoint $labels.namespace $labels.job $labels.endpoint)`

const time = (query: string, otherwise: string): string =>
  `{{ with ${query} }}{{ (. | first | value | toTime).Format "2006-01-02 15:04:05" }} UTC{{ else }}${otherwise}{{ end }}`
const NOT_KNOWN = 'unknown'

/** Sets a variable per label from one series, even if there are several; without a series they stay empty. */
const known = (metric: string, labels: readonly string[]): string =>
  `${labels.map((label) => `{{ $${label} := "" }}`).join('')}{{ with ${ofEndpoint(`topk(1, max by (${labels.join(', ')}) (${metric}${SELECT}))`)} }}` +
  `{{ with first . }}${labels.map((label) => `{{ $${label} = label "${label}" . }}`).join('')}{{ end }}{{ end }}`
const INCIDENT = known(SIGNALS.incidentInfo.name, ['cause', 'code'])
const VERDICT = known(SIGNALS.incidentVerdictInfo.name, ['rule', 'remedy', 'url'])
/** Queried separately: a join would lose both if either is missing. */
const BOTH = `${INCIDENT}${VERDICT}`
/** Host and port of the URL. */
const PLACE =
  `{{ $host := reReplaceAll "^https?://(\\\\[[^]]*\\\\]|[^/:]+).*" "$1" $url }}` +
  `{{ $port := "443" }}{{ if match "^http:" $url }}{{ $port = "80" }}{{ end }}` +
  `{{ if match "^https?://(\\\\[[^]]*\\\\]|[^/:]+):[0-9]+" $url }}{{ $port = reReplaceAll "^https?://(\\\\[[^]]*\\\\]|[^/:]+):([0-9]+).*" "$2" $url }}{{ end }}`
const FILLED = remediesWith({
  endpoint: '{{ $labels.endpoint }}',
  host: '{{ $host }}',
  port: '{{ $port }}',
  // Commands put it between single quotes.
  url: `{{ reReplaceAll "'" "%27" $url }}`,
  code: `{{ or $code "${NOT_KNOWN}" }}`,
  status: 'in the answer',
  expiry: time(certificate, NOT_KNOWN).replace('{{ (.', 'valid until {{ (.'),
})

const choose = (variable: string, texts: readonly (readonly [key: string, text: string])[]): string =>
  `${texts.map(([key, text], index) => `{{ ${index === 0 ? 'if' : 'else if'} eq $${variable} "${key}" }}${text}`).join('')}{{ end }}`
const HINT = `{{ $hint := "" }}${choose(
  'remedy',
  REMEDY_IDS.map((id) => [id, `{{ $hint = "${UP_HINTS[causeOf(id)]}" }}`] as const),
)}`
const briefs = `${HINT}${choose(
  'rule',
  [...BLIND_RULES, ...RULES].map(({ id, brief }) => [id, brief.replace('{hint}', '{{ $hint }}')] as const),
)}`
/** What the platform reported, as code and cause: its message would be an unbounded label. */
const reportedFirst = `{{ with ${ofEndpoint(`topk(1, max by (cause, code) (${SIGNALS.incidentReportInfo.name}${SELECT}))`)} }}{{ with first . }}{{ $reported := label "cause" . }}The platform saw ${choose(
  'reported',
  CAUSES.map((cause) => [cause, REPORTED[cause]] as const),
)} (code {{ label "code" . }}). {{ end }}{{ end }}`
/** A text of the remedy that the latest verdict calls for. */
const byRemedy = (text: (remedy: Remedy) => string, otherwise: string, unseen?: string): string =>
  `${BOTH}${PLACE}${unseen === undefined ? '{{ if $remedy }}' : `{{ if eq $rule "none" }}${unseen}{{ else if $remedy }}`}${choose(
    'remedy',
    FILLED.map((remedy) => [remedy.id, text(remedy)] as const),
  )}{{ else }}${otherwise}{{ end }}`

/** What was lost, as a sentence; empty if the calls needed a synchronous answer. */
const resources = (event: string): string =>
  familiesOf(event)
    .map(({ resource, path }) => `${resource} (GET ${path})`)
    .join(', ')
const EVENTS = [...new Set([...FAMILIES.flatMap(({ events }) => events), ...SYNCHRONOUS])]
  // Longest first: order.created is more specific than order.
  .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
const recoveryText = `{{ with ${ends} }}{{ $event := . | first | label "event" | toLower }}{{ if match "[ ,;|]" $event }}${resources('')}${EVENTS.map((event) => `{{ else if match "^${event.replaceAll('.', '[.]')}" $event }}${resources(event) || 'nothing: these calls need a synchronous answer'}`).join('')}{{ else }}${resources('')}{{ end }}{{ else }}${resources('')}{{ end }}`

/** Values that change during an incident are annotations: as labels they would create new alerts. */
export const incidentAnnotations = {
  cause: `${INCIDENT}{{ or $cause "not known yet" }}`,
  code: `${INCIDENT}{{ or $code "not known yet" }}`,
  since: time(started, NOT_KNOWN),
  failures_last_hour: `{{ with ${lastHour} }}{{ . | first | value | printf "%.0f" }}{{ else }}${NOT_KNOWN}{{ end }}`,
} as const

/** Why it fails, what to do now, and what to recover. */
export const adviceAnnotations = {
  why: `${reportedFirst}${byRemedy(({ meaning }) => meaning, '{{ with $cause }}The cause is {{ . }}.{{ else }}The cause is not known yet.{{ end }}')}{{ if eq $rule "none" }} Not probed yet.{{ else if $rule }} ${briefs}{{ end }}`,
  event: `{{ with ${ends} }}{{ . | first | label "event" }}{{ end }}`,
  first_check: byRemedy(
    ({ checks }) => checks[0]!,
    'See the runbook.',
    'Open the incident: within seconds it shows what the probe found and what to check.',
  ),
  fix: byRemedy(({ fixes }) => fixes[0]!, '', ''),
  lost_since: time(lossStarted, 'an unknown time before the first failure'),
  recovery: recoveryText,
  caution: `${VERDICT}{{ if or ${RULES.filter(({ unprovable }) => unprovable)
    .map(({ id }) => `(eq $rule "${id}")`)
    .join(' ')} }}${UNPROVABLE}.{{ end }}`,
} as const

/** The latest incident, open or closed, so that the link still works after it has closed. */
export const INCIDENT_OF = '/api/v1/incidents?limit=1&endpoint={{ $labels.endpoint | urlquery }}'

/** How to reach the API: a link, or a command that starts and stops its own port-forward. */
export const apiAnnotations = (path: string): Record<'api_url' | 'api_command', string> => ({
  api_url: `${API_BASE}${path}`,
  // Without a namespace label, kubectl uses the namespace of its own context.
  api_command: `(kubectl{{ with $labels.namespace }} --namespace {{ . }}{{ end }} port-forward service/{{ $labels.job }}-admin 9464 >/dev/null & trap "kill $!" EXIT; sleep 2; curl --silent --show-error --header 'Accept: text/plain' \${TOKEN:+--header} \${TOKEN:+"Authorization: Bearer $TOKEN"} 'http://127.0.0.1:9464${path}')`,
})

/** All annotations of an alert, including runbook and dashboard; values are Prometheus templates. */
export function annotations(rule: Alert): Record<string, string> {
  return {
    summary: rule.summary,
    description: rule.description,
    ...rule.annotations,
    runbook_url: `${RUNBOOK_BASE}/${rule.alert}.md${rule.annotations?.['first_check'] ? `${BOTH}{{ with or $remedy $cause }}#{{ . }}{{ end }}` : ''}`,
    dashboard_url: `${GRAFANA_BASE}/d/${DASHBOARDS[rule.dashboard]}?${variables(rule)}`,
  }
}

function variables({ dashboard, alert }: Alert): string {
  const scope = ['var-namespace={{ $labels.namespace | urlquery }}', 'var-job={{ $labels.job | urlquery }}']
  // Nothing is known, so nothing is selected.
  if (alert === 'WebhookReceiverAbsent') return 'from=now-6h&to=now'
  if (dashboard !== 'endpoint') return [...scope, 'from=now-6h', 'to=now'].join('&')
  return [
    ...scope,
    'var-endpoint={{ $labels.endpoint | urlquery }}',
    `from={{ with ${from} }}{{ . | first | value | printf "%.0f" }}{{ else }}now-6h{{ end }}`,
    'to=now',
  ].join('&')
}

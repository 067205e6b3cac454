import { CAUSES, type Cause } from '../../src/domain/cause.ts'
import type { Remedy } from '../../src/domain/remedies/remedy.ts'
import { ALL_RULES } from '../../src/domain/verdict.ts'
import { UNPROVABLE } from '../../src/domain/verdict-rules.ts'
import { FAMILIES, familiesOf, SYNCHRONOUS } from '../../src/sources/retm/recovery.ts'
import { SIGNALS } from '../signals.ts'
import { NOT_PROBED } from './incident-labels.ts'
import { remediesWith } from './remedies.ts'

/** A cause in two or three words, for a headline. */
export const IN_SHORT: Readonly<Record<Cause, string>> = {
  dns: 'name not resolved',
  connection_refused: 'connection refused',
  connection_reset: 'connection reset',
  unreachable: 'no route',
  tls: 'TLS failure',
  timeout: 'timeout',
  redirect: 'redirect',
  authentication: 'credentials rejected',
  not_found: 'not found',
  rejected: 'rejected as invalid',
  rate_limited: 'rate-limited',
  server_error: 'server error',
  unavailable: 'no healthy application',
  protocol: 'broken response',
  blocked: 'blocked',
  unknown: 'cause unknown',
}

/** Asked for by the texts about TLS alone. `%q` quotes any name safely. */
const certificate = `query (printf "min(${SIGNALS.certificateEnd.name}{cluster=%q, namespace=%q, job=%q, endpoint=%q})" $labels.cluster $labels.namespace $labels.job $labels.endpoint)`

const UTC = '.Format "2006-01-02 15:04:05" }} UTC'
/** A time that a label holds in seconds. */
const time = (label: string, otherwise: string): string =>
  `{{ with $labels.${label} }}{{ (. | toTime)${UTC}{{ else }}${otherwise}{{ end }}`
const NOT_KNOWN = 'unknown'

const FILLED = remediesWith({
  endpoint: '{{ $labels.endpoint }}',
  host: '{{ $labels.host }}',
  port: '{{ $labels.port }}',
  // Commands put it between single quotes.
  url: `{{ reReplaceAll "'" "%27" $labels.url }}`,
  code: `{{ or $labels.code "${NOT_KNOWN}" }}`,
  status: 'in the answer',
  expiry: `{{ with ${certificate} }}valid until {{ (. | first | value | toTime)${UTC}{{ else }}${NOT_KNOWN}{{ end }}`,
})

/** Equal texts appear once: Prometheus parses a template again for each alert and evaluation, so its length is what it costs. */
const choose = (value: string, texts: readonly (readonly [key: string, text: string])[]): string =>
  `${[...Map.groupBy(texts, ([, text]) => text)].map(([text, same], index) => `{{ ${index === 0 ? 'if' : 'else if'} eq ${value}${same.map(([key]) => ` "${key}"`).join('')} }}${text}`).join('')}{{ end }}`
/** A text of the remedy that the latest verdict calls for. */
const byRemedy = (text: (remedy: Remedy) => string, otherwise: string, unseen?: string): string =>
  `${unseen === undefined ? '{{ if $labels.remedy }}' : `{{ if eq $labels.verdict "${NOT_PROBED}" }}${unseen}{{ else if $labels.remedy }}`}${choose(
    '$labels.remedy',
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
/** What to request again, by the endpoint's event. */
export const RECOVERY = `{{ $event := toLower $labels.event }}{{ if match "[ ,;|]" $event }}${resources('')}${EVENTS.map((event) => `{{ else if match "^${event.replaceAll('.', '[.]')}" $event }}${resources(event) || 'nothing: these calls need a synchronous answer'}`).join('')}{{ else }}${resources('')}{{ end }}`

/** The last good moment before the incident. */
export const LOSS_STARTED = time('loss_started', 'an unknown time before the first failure')

/** What happened, for people: a delivery is lost only where one was reported. */
export const INCIDENT_DESCRIPTION =
  '{{ if $labels.lost }}The platform gave up on deliveries to {{ $labels.endpoint }} and will not retry them.{{ else }}Deliveries to {{ $labels.endpoint }} are failing. No lost delivery has been reported since the incident began.{{ end }} Resolves automatically once recovery is confirmed.'

/** Since when, by the alert's value. */
const since = `{{ if gt $value 1.0 }}{{ ($value | toTime)${UTC}{{ else }}${NOT_KNOWN}{{ end }}`

/** Values that change during an incident are annotations: as labels they would create new alerts. */
export const incidentFacts = {
  cause: `{{ or $labels.cause "not known yet" }}`,
  code: `{{ or $labels.code "not known yet" }}`,
  since,
  headline: `deliveries failing{{ with $labels.cause }}, ${choose(
    '.',
    CAUSES.map((cause) => [cause, IN_SHORT[cause]] as const),
  )}{{ end }}{{ if not $labels.lost }}, none reported lost{{ end }}`,
} as const

/** Why it fails, what to do now, and what to recover. */
export const incidentTexts = {
  ...incidentFacts,
  failures_last_hour: `{{ or $labels.failures_last_hour "${NOT_KNOWN}" }}`,
  platform: '{{ $labels.platform }}',
  verdict: '{{ $labels.verdict }}',
  why: `{{ with $labels.platform }}{{ . }} {{ end }}${byRemedy(({ meaning }) => meaning, '{{ with $labels.cause }}The cause is {{ . }}.{{ else }}The cause is not known yet.{{ end }}')}{{ with $labels.verdict }} {{ . }}{{ end }}`,
  event: '{{ $labels.event }}',
  first_check: byRemedy(
    ({ checks }) => checks[0]!,
    'See the runbook.',
    'Open the incident: within seconds it shows what the probe found and what to check.',
  ),
  fix: byRemedy(({ fixes }) => fixes[0]!, '', ''),
  lost_since: `{{ if $labels.lost }}${LOSS_STARTED}{{ end }}`,
  recovery: RECOVERY,
  caution: `{{ if or ${ALL_RULES.filter(({ unprovable }) => unprovable)
    .map(({ id }) => `(eq $labels.rule "${id}")`)
    .join(' ')} }}${UNPROVABLE}.{{ end }}`,
} as const

import { SIGNALS } from '../signals.ts'

const UTC = '.Format "2006-01-02 15:04:05" }} UTC'
const NOT_KNOWN = 'unknown'

/** A timestamp of the alert's endpoint. `%q` quotes any name safely. */
const time = (name: string, text: (time: string) => string, otherwise: string): string =>
  `{{ with query (printf "min(last_over_time(${name}{cluster=%q, namespace=%q, job=%q, endpoint=%q}[1h]))" $labels.cluster $labels.namespace $labels.job $labels.endpoint) }}${text(`{{ (. | first | value | toTime)${UTC}`)}{{ else }}${otherwise}{{ end }}`

/** The last good moment before the incident. */
export const LOSS_STARTED = time(
  SIGNALS.incidentLossStarted.name,
  (at) => at,
  'an unknown time before the first failure',
)
/** The recovery; empty while the incident is open. */
export const LOSS_ENDED = `{{ if match "^Closed" $labels.proof }}${time(SIGNALS.incidentLossEnded.name, (at) => at, '')}{{ end }}`

/** Values that change during an incident are annotations: as labels they would create new alerts. */
export const incidentFacts = {
  cause: '{{ or $labels.cause "not known yet" }}',
  code: '{{ or $labels.code "not known yet" }}',
  since: `{{ if gt $value 1.0 }}{{ ($value | toTime)${UTC}{{ else }}${NOT_KNOWN}{{ end }}`,
  headline: '{{ or $labels.title "deliveries failing" }}',
} as const

/** What happened, for people. The service knows the sentence; only when a certificate expired is asked for. */
export const INCIDENT_DESCRIPTION = `{{ or $labels.summary "Deliveries to this endpoint are failing." }}{{ if eq $labels.remedy "tls_expired" }}${time(SIGNALS.certificateEnd.name, (at) => ` The certificate expired at ${at}.`, `{{ if gt $value 1.0 }} The certificate had expired by {{ ($value | toTime)${UTC}.{{ end }}`)}{{ end }}`

/** What an incident's page says besides. */
export const incidentTexts = {
  ...incidentFacts,
  event: '{{ $labels.event }}',
  first_check: '{{ or $labels.check "See the runbook." }}',
  proof: '{{ $labels.proof }}',
  lost_since: `{{ if $labels.recovery }}${LOSS_STARTED}{{ end }}`,
  lost_until: `{{ if $labels.recovery }}${LOSS_ENDED}{{ end }}`,
  recovery: '{{ $labels.recovery }}',
} as const

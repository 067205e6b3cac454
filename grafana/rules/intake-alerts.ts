import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { indent, JOB, of, RELEASE } from './promql.ts'
import { CAUSES_LINK, CONDITIONS, KUBECTL, kubernetes, LOGS, promql, sh } from './text.ts'

/** Seconds without a canary after which it is lost; docs/canary.md says the same. */
export const CANARY_LOST_AFTER = 600

const reports = (...matchers: readonly string[]): string =>
  `sum by (${RELEASE}, source) (
  ${of(SIGNALS.reportIncrease.name, ...matchers)}
)`

/** Authenticated requests rejected for their content: 400, 413, 415 or 422. Internet scans get no further than 401. */
const CONTENT =
  'invalid_encoding|invalid_json|invalid_report|invalid_batch|idempotency_key_(invalid|conflict|reused)|too_large|unsupported_(media_type|encoding)'
/** A token that is not known, or a signature that is wrong or too old; internet scans have none. */
const CREDENTIALS = 'credential_unknown|signature_invalid|signature_expired'
/** Requests per hour with such credentials. */
const wrongCredentials = (hoursAgo: number): string =>
  `sum by (${RELEASE}, source) (
    increase(${of(SIGNALS.reports.name, 'outcome="rejected"', `reason=~"${CREDENTIALS}"`)}[1h]${hoursAgo > 0 ? ` offset ${hoursAgo}h` : ''})
  ) > 10`
/** What has already paged for the same reports, or is about to. */
const PAGED = `ALERTS{${JOB}, alertname=~"WebhookJournalDown|WebhookConfigInvalid", alertstate="firing", severity="critical"}`

const byReason = promql(
  'For what reason?',
  'sum by (source, reason) (job:webhook_exporter_reports:increase10m{outcome=~"rejected|failed"} > 0)',
)

const lost = of(SIGNALS.journalLost.name)

/** What happens to incoming reports. */
export const INTAKE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookReportsNotRecorded',
    why: 'A report refused while a pod stops is sent again. While the journal or the configuration is at fault, that alert pages, once; afterwards it has paged. A loss is found when the journal is opened, often before the first scrape, so that the first sample counts whole.',
    expr: `(
  ${reports('outcome="failed"', 'reason!="shutting_down"').replaceAll('\n', '\n  ')} > 0 # threshold
)
unless on (${RELEASE})
(
  min by (${RELEASE}) (${of(SIGNALS.journalUp.name)}) == 0
  or
  min by (${RELEASE}) (${of(SIGNALS.configValid.name)}) == 0
  or
  group by (${RELEASE}) (last_over_time(${PAGED}[10m]))
)
or
sum by (${RELEASE}) (
  ${lost} unless ${lost} offset 15m
  or
  increase(${lost}[15m])
) > 0`,
    severity: 'critical',
    wakes: 'A report that the platform does not send again is a lost delivery that is never counted and never pages.',
    summary: 'Error reports not recorded',
    replaces: ['WebhookJournalSlow'],
    description:
      '{{ if $labels.source }}{{ $value | printf "%.0f" }} reports from {{ $labels.source }} were answered 503 in the last ten minutes because they could not be verified or were not known to be durable. The platform may not send them again.{{ else }}About {{ $value | printf "%.0f" }} reports that {{ $labels.job }} had acknowledged are no longer in its journal. The platform will not send them again.{{ end }}',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'Reports were answered 503 because they were not known to be durable within `ingest.answerTimeout`: the journal was not writable, or it was too slow. Or the keys to verify their tokens could not be fetched (`keys_unavailable`). Reports that arrive while a pod is stopping are not counted here. Without a label `source`: reports that were acknowledged are no longer in the journal (`lost_commits`), and the log says how many.',
      impact:
        'It is up to the platform whether it sends a report again. If the report is lost, its failure is not counted and does not page.',
      diagnosis: [
        byReason,
        CONDITIONS,
        LOGS('Search the log for journal faults:', 'journal'),
        promql(
          'Is the journal slow? (99th percentile of a commit; above 0.9 seconds reports are answered 503)',
          'histogram_quantile(0.99, sum by (le) (rate(webhook_exporter_journal_commit_duration_seconds_bucket[10m])))',
        ),
      ],
      mitigation: [
        '`journal_unavailable`, `journal_full`: see [WebhookJournalDown](WebhookJournalDown.md) and [WebhookJournalVolumeNearlyFull](WebhookJournalVolumeNearlyFull.md).',
        '`journal_refused`: a constraint or trigger of your own in the database refuses reports; the log names it (`report refused by the journal`). Drop it, or configure `journal.spill`, which sets such reports aside.',
        '`answer_timeout`: the journal is slow. Compare the commit duration with the rate of reports; check the volume’s latency and burst credits. Use a faster storage class, a volume with a dedicated disk, or, for many merchants, PostgreSQL.',
        '`overloaded`: reports arrived faster than they could be stored before their answers were due. The excess was refused without being stored. If it persists, raise the CPU limit or check for a slow volume.',
        '`keys_unavailable`: the keys of the source’s OIDC issuer (`auth.jwksUrl`) cannot be fetched. Check that the receiver can reach that URL and that `outbound.allow` permits it.',
        '`lost_commits`: SQLite: the volume is damaged, or an older copy of the journal was restored. PostgreSQL: a standby that was behind was promoted, or the database was restored or emptied; set `synchronous_standby_names`. What the old primary or volume still holds can be copied with `journal copy`.',
        'Get the platform’s own list of failed deliveries for that time, and recover the data they would have carried.',
      ],
    },
  },
  {
    alert: 'WebhookReportsRefused',
    why: 'Either more than a few with valid credentials and invalid content, or a platform that keeps an old token or secret for hours.',
    expr: `label_replace((
${indent(reports('outcome="rejected"', `reason=~"${CONTENT}"`))} > 3 # threshold
), "kind", "content", "", "")
or on (${RELEASE}, source)
(
  ${wrongCredentials(0)}
  and
  ${wrongCredentials(1)}
  and
  ${wrongCredentials(2)}
)`,
    severity: 'warning',
    labels: { kind: '' },
    wakes:
      'No: a person who tests, or a change of format or token that needs a working day. The canary pages if nothing arrives at all.',
    summary: 'Error reports rejected',
    description:
      '{{ if $labels.kind }}{{ $value | printf "%.0f" }} reports from {{ $labels.source }} were rejected as invalid in ten minutes: the platform may have changed its format.{{ else }}Reports from {{ $labels.source }} have had an unknown token or a wrong signature for three hours: the platform has an old token or secret.{{ end }} The failures that they report are not counted.',
    replaces: ['WebhookRequestsRefused'],
    dashboard: 'exporter',
    runbook: {
      meaning:
        'More than three requests with valid credentials were answered 400, 413, 415 or 422 in ten minutes: the platform changed its format, a proxy in between alters the requests, or someone is testing manually. Or more than ten requests per hour have had an unknown token, or a wrong or stale signature, for three hours: a token or secret was rotated on one side only, something in between changes the body, or a clock is wrong.',
      impact: 'Each of these reports stands for a lost delivery that is not counted and does not page.',
      diagnosis: [
        byReason,
        LOGS(
          'Search the log for the problem; its detail names the field:',
          'invalid_|unsupported_|too_large|idempotency|credential_unknown|signature_',
        ),
        sh(
          'Send a report manually and read the answer; it names the problem:',
          `curl --include --header "Authorization: Bearer $REPORT_TOKEN" --header 'Content-Type: application/json' --data @report.json "$INGEST/webhooks/error"`,
        ),
      ],
      mitigation: [
        'Compare a rejected body with the format in the README and with the platform’s release notes.',
        '`credential_unknown` from the platform’s addresses: configure the same token on both sides. A tenant can have several tokens at once. From other addresses: allow only the platform’s, if it publishes them.',
        '`signature_invalid`: compare the secret on both sides (a source can have several at once), and make sure that nothing in between changes the body. `signature_expired`: compare the clocks of both sides; the tolerance is five minutes.',
        'If a proxy in front compresses, re-encodes or truncates bodies, exempt this path.',
        'Until this is fixed, use the platform’s own list of failed deliveries.',
      ],
    },
  },
  {
    alert: 'WebhookNoCredentials',
    why: 'Five minutes: in a first installation the Secret comes a minute or two after the pod.',
    expr: `${reports('reason="no_credentials"')} > 0 # threshold
unless on (${RELEASE}, source)
max by (${RELEASE}, source) (${of(SIGNALS.credentials.name)}) > 0`,
    for: '5m',
    severity: 'critical',
    wakes: 'Every report is refused, so no failing endpoint pages.',
    summary: 'No token configured, all reports refused',
    description:
      '{{ $labels.job }} has no token for {{ $labels.source }}, so every report is answered 401. Create the Secret with the tokens; it is loaded automatically.',
    dashboard: 'exporter',
    inhibits: [
      { why: 'Without any token, every request is refused.', targets: 'WebhookReportsRefused', same: ['source'] },
    ],
    runbook: {
      meaning:
        'Requests for a source without credentials have been answered 401 for five minutes. The Secret with the tokens is missing, empty, or not mounted.',
      impact: 'No report is accepted, so no failure is counted and no failing endpoint pages.',
      diagnosis: [
        CONDITIONS,
        kubernetes(
          'does the Secret exist, with one key per tenant? (Its name is in `tokens.existingSecret`.)',
          `${KUBECTL} describe secret "$JOB-tokens"`,
        ),
        LOGS('Was a token rejected?', 'token|credential'),
      ],
      mitigation: [
        kubernetes(
          'create the Secret; no restart is needed. It reaches the pod within about a minute:',
          `${KUBECTL} create secret generic "$JOB-tokens" --from-file=TENANT=token.txt`,
        ),
        'Without Kubernetes: put the token into the file that `sources.NAME.tokensDir` or `tokens` names. It is reloaded automatically.',
        'The alert resolves as soon as there is a token.',
      ],
    },
  },
  {
    alert: 'WebhookCanaryLost',
    why: 'Uses both the timestamp and the count: a wrong clock makes the last success look old, or puts it into the future, but does not stop the count.',
    expr: `abs(time() - max by (${RELEASE}) (${of(SIGNALS.canaryLastSuccess.name)})) > ${CANARY_LOST_AFTER} # threshold
unless on (${RELEASE})
sum by (${RELEASE}) (increase(${of(SIGNALS.canaryRuns.name, 'result="success"')}[10m])) > 0`,
    for: '1m',
    severity: 'critical',
    wakes: 'The platform’s reports take the same way: silence would otherwise look like health.',
    summary: 'Canary not returning through the public URL',
    description:
      'The test report that {{ $labels.job }} sends itself through its public URL (the canary) has not come back for {{ $value | humanizeDuration }}. The platform’s reports probably do not arrive either, and failing endpoints do not page. Check DNS, certificate and ingress of that URL.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'The service sends itself a signed report through its public URL (`canary.url`) and waits for the answer. No canary has returned for ten minutes, or none has ever returned since it was configured. If `canary.interval` is longer than three minutes, raise the threshold.',
      impact:
        'Reports from the platform take the same path and probably do not arrive either. Failing endpoints do not page.',
      diagnosis: [
        promql('What is the cause?', 'sum by (result, cause) (increase(webhook_canary_runs_total[30m])) > 0'),
        LOGS('What does the service log?', 'canary'),
        sh(
          'Test the path manually from outside the cluster:',
          'curl --include --request OPTIONS --header "Authorization: Bearer $REPORT_TOKEN" "$INGEST/webhooks/error"',
        ),
      ],
      mitigation: [
        `Fix what the cause names: DNS, certificate, ingress, firewall or token. Its page has the checks (${CAUSES_LINK}).`,
        'Afterwards, compare the platform’s own list of failed deliveries with the journal.',
      ],
    },
  },
]

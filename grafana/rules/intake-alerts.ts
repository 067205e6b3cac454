import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of } from './promql.ts'
import { CONDITIONS, LOGS, promql, sh } from './text.ts'

const reports = (...matchers: readonly string[]): string =>
  `sum by (namespace, job, source) (
  ${of(SIGNALS.reportIncrease.name, ...matchers)}
)`

/** Authenticated requests rejected for their content: 400, 413, 415 or 422. Internet scans get no further than 401. */
const CONTENT =
  'invalid_encoding|invalid_json|invalid_report|idempotency_key_(invalid|conflict|reused)|too_large|unsupported_(media_type|encoding)'
const STRANGERS = 'credential_missing|credential_unknown|not_found|method_not_allowed'

const byReason = promql(
  'For what reason?',
  'sum by (source, reason) (job:webhook_exporter_reports:increase10m{outcome=~"rejected|failed"} > 0)',
)

/** What happens to incoming reports. */
export const INTAKE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookReportsNotRecorded',
    expr: `${reports('outcome="failed"')} > 0 # threshold`,
    severity: 'critical',
    summary: 'Error reports not recorded',
    description:
      '{{ $value | printf "%.0f" }} reports from {{ $labels.source }} were answered 503 in the last ten minutes because they were not known to be durable. The platform may not send them again.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'Reports were answered 503 because they were not known to be durable within `ingest.answerTimeout`: the journal was not writable, it was too slow, or the service was stopping.',
      impact:
        'It is up to the platform whether it sends a report again. If the report is lost, its failure is not counted and does not page.',
      diagnosis: [byReason, CONDITIONS, LOGS('Search the log for journal faults:', 'journal')],
      mitigation: [
        '`journal_unavailable`, `journal_full`: see [WebhookJournalDown](WebhookJournalDown.md) and [WebhookJournalVolumeNearlyFull](WebhookJournalVolumeNearlyFull.md).',
        '`answer_timeout`: see [WebhookJournalSlow](WebhookJournalSlow.md).',
        '`overloaded`: reports arrived faster than they could be stored before their answers were due. The excess was refused without being stored. If it persists, raise the CPU limit or check for a slow volume ([WebhookJournalSlow](WebhookJournalSlow.md)).',
        '`shutting_down`: reports arrived while a pod was stopping. With one replica, this happens briefly in every rollout.',
        'Get the platform’s own list of failed deliveries for that time, and recover the data they would have carried.',
      ],
    },
  },
  {
    alert: 'WebhookReportsRefused',
    expr: `${reports('outcome="rejected"', `reason=~"${CONTENT}"`)} > 0 # threshold`,
    severity: 'critical',
    summary: 'Authenticated reports rejected as invalid',
    description:
      '{{ $value | printf "%.0f" }} authenticated reports from {{ $labels.source }} were rejected as invalid in the last ten minutes. Their failures are not counted. The platform may have changed its format.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'A sender with valid credentials was answered 400, 413, 415 or 422. Either the platform changed its format, a proxy in between alters the requests, or someone is testing manually.',
      impact: 'Each of these reports stands for a lost delivery that is not counted and does not page.',
      diagnosis: [
        byReason,
        LOGS(
          'Search the log for the problem; its detail names the field:',
          'invalid_|unsupported_|too_large|idempotency',
        ),
        sh(
          'Send a report manually and read the answer; it names the problem:',
          `curl --include --header "Authorization: Bearer $REPORT_TOKEN" --header 'Content-Type: application/json' --data @report.json "$INGEST/webhooks/error"`,
        ),
      ],
      mitigation: [
        'Compare a rejected body with the format in the README and with the platform’s release notes.',
        'If a proxy in front compresses, re-encodes or truncates bodies, exempt this path.',
        'Until this is fixed, use the platform’s own list of failed deliveries.',
      ],
    },
  },
  {
    alert: 'WebhookRequestsRefused',
    expr: `sum by (namespace, job, source) (
  increase(${of(SIGNALS.reports.name, 'outcome="rejected"', `reason=~"${STRANGERS}"`)}[1h])
) > 10 # threshold`,
    for: '2h',
    severity: 'warning',
    summary: 'Unauthorized or misdirected requests keep arriving',
    description:
      '{{ $labels.job }} (source {{ $labels.source }}) has answered more than ten requests per hour with 401, 404 or 405 for over two hours. They come from internet scans, or from a platform that has an old token or a wrong URL.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'For more than two hours, more than ten requests per hour were refused with 401, 404 or 405. Every public address is scanned, so this is a ticket, not a page.',
      impact:
        'None if these are scans. If they come from the platform, for example after a token was rotated on one side only, its reports are lost.',
      diagnosis: [
        byReason,
        LOGS('Find the senders (addresses and user agents):', 'credential_|not_found|method_not_allowed'),
        '`credential_unknown` from the platform’s addresses means that its token is not configured here.',
      ],
      mitigation: [
        'Platform: configure the same token on both sides. A tenant can have several tokens at once.',
        'Scans: route only the path /webhooks/error to the service, and allow only the platform’s addresses if it publishes them.',
      ],
    },
  },
  {
    alert: 'WebhookNoCredentials',
    expr: `${reports('reason="no_credentials"')} > 0 # threshold`,
    severity: 'critical',
    summary: 'No token configured, all reports refused',
    description:
      '{{ $labels.job }} has no token for {{ $labels.source }}, so every report is answered 401. Create the Secret with the tokens; it is loaded automatically.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'Requests for a source without credentials are answered 401. The Secret with the tokens is missing, empty, or not mounted.',
      impact: 'No report is accepted, so no failure is counted and no failing endpoint pages.',
      diagnosis: [
        CONDITIONS,
        sh(
          'Does the Secret exist, with one key per tenant?',
          'kubectl --namespace "$NAMESPACE" describe secret "$JOB-tokens"',
        ),
        LOGS('Was a token rejected?', 'token|credential'),
      ],
      mitigation: [
        sh(
          'Create the Secret; no restart is needed:',
          'kubectl --namespace "$NAMESPACE" create secret generic "$JOB-tokens" --from-file=TENANT=token.txt',
        ),
        'The alert resolves ten minutes after the last refused report.',
      ],
    },
  },
  {
    alert: 'WebhookCredentialsReloadFailed',
    expr: `sum by (namespace, job, source) (
  increase(${of(SIGNALS.credentialsReloadFailures.name)}[15m])
) > 0 # threshold`,
    severity: 'warning',
    summary: 'Token reload failed',
    description:
      'The tokens of {{ $labels.source }} could not be reloaded. The last valid ones remain in use: new tokens are refused, revoked ones are still accepted.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'A token file could not be read or contains an invalid token. The last valid tokens remain in use.',
      impact: 'Token rotation does not take effect. After a restart there may be no token at all.',
      diagnosis: [
        LOGS('Which file is invalid, and why?', 'token'),
        sh(
          'Which keys does the Secret have?',
          `kubectl --namespace "$NAMESPACE" get secret "$JOB-tokens" --output json | jq '.data | keys'`,
        ),
      ],
      mitigation: ['Correct the Secret: one token per line, without spaces. It is reloaded automatically.'],
    },
  },
  {
    alert: 'WebhookCanaryLost',
    why: 'Uses both the timestamp and the count: a wrong clock makes the last success look old, but does not stop the count.',
    expr: `time() - max by (namespace, job) (${of(SIGNALS.canaryLastSuccess.name)}) > 600 # threshold
unless on (namespace, job)
sum by (namespace, job) (increase(${of(SIGNALS.canaryRuns.name, 'result="success"')}[10m])) > 0`,
    for: '1m',
    severity: 'critical',
    summary: 'Canary not returning through the public URL',
    description:
      'No canary of {{ $labels.job }} has returned for {{ $value | humanizeDuration }}. The platform’s reports may not be arriving either, so a lack of alerts does not mean that deliveries succeed.',
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
          'curl --include --request OPTIONS --header "Authorization: Bearer $REPORT_TOKEN" "https://PUBLIC-HOST/webhooks/error"',
        ),
      ],
      mitigation: [
        'Fix what the cause names: DNS, certificate, ingress, firewall or token. Its section in [WebhookEndpointFailing](WebhookEndpointFailing.md#causes) has the checks.',
        'Afterwards, compare the platform’s own list of failed deliveries with the journal.',
      ],
    },
  },
]

import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of } from './promql.ts'
import { CONDITIONS, LOGS, promql, sh } from './text.ts'

const reports = (...matchers: readonly string[]): string =>
  `sum by (namespace, job, source) (
  ${of(SIGNALS.reportIncrease.name, ...matchers)}
)`

/** A request with a good credential, whose content was refused: 400, 413, 415 or 422. Scans of the internet come no further than 401. */
const CONTENT =
  'invalid_encoding|invalid_json|invalid_report|idempotency_key_(invalid|conflict|reused)|too_large|unsupported_(media_type|encoding)'
const STRANGERS = 'credential_missing|credential_unknown|not_found|method_not_allowed'

const byReason = promql(
  'For which reason?',
  'sum by (source, reason) (job:webhook_exporter_reports:increase10m{outcome=~"rejected|failed"} > 0)',
)

/** What becomes of reports on their way in. */
export const INTAKE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookReportsNotRecorded',
    expr: `${reports('outcome="failed"')} > 0 # threshold`,
    severity: 'critical',
    summary: 'Reports of failed deliveries could not be recorded',
    description:
      '{{ $value | printf "%.0f" }} reports of {{ $labels.source }} were answered 503 in ten minutes: they are not known to be durable, and the platform may never send them again.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'Reports were answered 503, since they were not known to be durable within `ingest.answerTimeout`: the journal could not be written, was too slow, or the service was stopping.',
      impact:
        'Whether the platform sends a report again is its own decision. A failure whose report is lost is counted nowhere and pages nobody.',
      diagnosis: [byReason, CONDITIONS, LOGS('Look for the journal’s faults:', 'journal')],
      mitigation: [
        '`journal_unavailable`, `journal_full`: see [WebhookJournalDown](WebhookJournalDown.md) and [WebhookJournalVolumeNearlyFull](WebhookJournalVolumeNearlyFull.md).',
        '`answer_timeout`: see [WebhookJournalSlow](WebhookJournalSlow.md).',
        '`overloaded`: more reports arrived than could be stored before their answers were due, so the rest was refused, and none of it is stored. If it lasts, raise the CPU limit, or look for a slow volume ([WebhookJournalSlow](WebhookJournalSlow.md)).',
        '`shutting_down`: reports came while a pod stopped; with one replica a rollout has such a moment.',
        'Ask the platform for its own list of failed deliveries of that time, and read again from it what they would have brought.',
      ],
    },
  },
  {
    alert: 'WebhookReportsRefused',
    expr: `${reports('outcome="rejected"', `reason=~"${CONTENT}"`)} > 0 # threshold`,
    severity: 'critical',
    summary: 'Reports with a good credential are refused for their content',
    description:
      '{{ $value | printf "%.0f" }} reports of {{ $labels.source }} were refused as wrong in ten minutes though their sender is known: the platform may have changed its format, and their failures are not counted.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'A sender with a good credential was answered 400, 413, 415 or 422. Either the platform changed what it sends, or something in between changes it, or somebody tests by hand.',
      impact: 'The failures in those reports are not counted and page nobody, and each of them is a lost delivery.',
      diagnosis: [
        byReason,
        LOGS('Look for the problem; its detail names the field:', 'invalid_|unsupported_|too_large|idempotency'),
        sh(
          'Send a report by hand and read the answer, which says what is wrong:',
          `curl --include --header "Authorization: Bearer $REPORT_TOKEN" --header 'Content-Type: application/json' --data @report.json "$INGEST/webhooks/error"`,
        ),
      ],
      mitigation: [
        'Compare a refused body with the format in the README, and with the platform’s release notes.',
        'A proxy in front that compresses, re-encodes or cuts bodies: exempt the path.',
        'Until it is fixed, take the platform’s own list of failed deliveries.',
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
    summary: 'Requests without a good credential or a known path keep coming',
    description:
      'More than ten requests an hour to {{ $labels.job }} (source {{ $labels.source }}) are answered 401, 404 or 405, for hours. Scans of the internet make some; a platform with an old token or a wrong URL makes them too.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'For more than two hours, more than ten requests an hour were refused with 401, 404 or 405. Every public address sees scans, so this is a ticket.',
      impact:
        'None by scans. If it is the platform, with a token that was rotated on one side only, its reports are lost.',
      diagnosis: [
        byReason,
        LOGS('Look who knocks (addresses and user agents):', 'credential_|not_found|method_not_allowed'),
        '`credential_unknown` from the platform’s own addresses: its token is not among yours.',
      ],
      mitigation: [
        'The platform’s: give both sides the same token; a tenant may have several at once.',
        'Scans: route only the path /webhooks/error to the service, and allow the platform’s addresses alone if it publishes them.',
      ],
    },
  },
  {
    alert: 'WebhookNoCredentials',
    expr: `${reports('reason="no_credentials"')} > 0 # threshold`,
    severity: 'critical',
    summary: 'Reports are refused because no token is configured',
    description:
      'Every report of {{ $labels.source }} is answered 401, since {{ $labels.job }} knows no token: create the Secret with the tokens; it is read when it appears.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'Requests arrive for a source that has no credential, and are answered 401. The Secret with the tokens does not exist, is empty, or was not mounted.',
      impact: 'No report is taken. No failure is counted, and no failing endpoint pages.',
      diagnosis: [
        CONDITIONS,
        sh(
          'Does the Secret exist, with a key a tenant?',
          'kubectl --namespace "$NAMESPACE" describe secret "$JOB-tokens"',
        ),
        LOGS('Is a token refused?', 'token|credential'),
      ],
      mitigation: [
        sh(
          'Create it; no restart is needed:',
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
    summary: 'Tokens could not be read again',
    description:
      'The tokens of {{ $labels.source }} changed or became unreadable and could not be read again; the last good ones are still in use, so that a rotated token is refused and a revoked one is taken.',
    dashboard: 'exporter',
    runbook: {
      meaning: 'A file of tokens could not be read or holds something that is no token. The last good ones are kept.',
      impact: 'A rotation does not take effect; after a restart there may be no token at all.',
      diagnosis: [
        LOGS('Which file, and what is wrong with it?', 'token'),
        sh(
          'Which keys has the Secret?',
          `kubectl --namespace "$NAMESPACE" get secret "$JOB-tokens" --output json | jq '.data | keys'`,
        ),
      ],
      mitigation: ['Correct the Secret: one token a line, no blanks within. It is read again by itself.'],
    },
  },
  {
    alert: 'WebhookCanaryLost',
    why: 'By time and by count: a clock of the receiver that was set back makes the last success old, but does not stop the count.',
    expr: `time() - max by (namespace, job) (${of(SIGNALS.canaryLastSuccess.name)}) > 600 # threshold
unless on (namespace, job)
sum by (namespace, job) (increase(${of(SIGNALS.canaryRuns.name, 'result="success"')}[10m])) > 0`,
    for: '1m',
    severity: 'critical',
    summary: 'The canary does not come back through the public way',
    description:
      'No canary of {{ $labels.job }} has come back for {{ $value | humanizeDuration }}: reports of the platform may not arrive either, and silence is not health.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'The service sends itself a signed report through its own public URL (`canary.url`) and waits for the answer. None has come back for ten minutes, or none ever since it was configured. With a `canary.interval` above three minutes raise the threshold.',
      impact: 'What the canary meets, the platform meets: its reports do not arrive, and no failing endpoint pages.',
      diagnosis: [
        promql('Why not?', 'sum by (result, cause) (increase(webhook_canary_runs_total[30m])) > 0'),
        LOGS('What does the service say?', 'canary'),
        sh(
          'Go the way by hand, from outside of the cluster:',
          'curl --include --request OPTIONS --header "Authorization: Bearer $REPORT_TOKEN" "https://PUBLIC-HOST/webhooks/error"',
        ),
      ],
      mitigation: [
        'Mend DNS, certificate, ingress, firewall or token, whichever the cause names; the section of the cause in [WebhookEndpointFailing](WebhookEndpointFailing.md#causes) has the checks.',
        'Afterwards compare the platform’s own list of failed deliveries with the journal.',
      ],
    },
  },
]

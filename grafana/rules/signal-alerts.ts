import { SIGNALS } from '../signals.ts'
import { apiAnnotations, INCIDENT_OF } from './annotations.ts'
import { withPage } from './incident-details.ts'
import { incidentFacts, LOSS_ENDED, LOSS_STARTED } from './incident-texts.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, of, withTeam } from './promql.ts'
import { INCIDENT, LOGS, PROBE, program, promql, RECOVER, sh } from './text.ts'

const isDisabled = `${of(SIGNALS.endpointDisabledHeld.name)} == 1`

/** What platforms and the proxy say besides reporting lost deliveries. */
export const SIGNAL_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookEndpointDisabled',
    why: 'State, one alert per source: the endpoint must be re-enabled at each of them.',
    ...withPage(isDisabled, ['event', 'cause', 'code', 'proof', 'recovery']),
    condition: isDisabled,
    severity: 'endpoint',
    wakes: 'Nothing is delivered any more, and this does not end automatically, even if the endpoint works again.',
    summary: 'Webhook endpoint disabled by the platform',
    description:
      'The platform ({{ $labels.source }}) disabled the endpoint {{ $labels.endpoint }}. Re-enable it there; until then nothing arrives.',
    annotations: {
      cause: incidentFacts.cause,
      code: incidentFacts.code,
      since: incidentFacts.since,
      headline: 'disabled by {{ $labels.source }}, nothing arrives',
      event: '{{ $labels.event }}',
      first_check:
        'In the settings of {{ $labels.source }}, see why it disabled the endpoint. Fix that, then re-enable the endpoint there.',
      lost_since: LOSS_STARTED,
      lost_until: LOSS_ENDED,
      recovery: '{{ $labels.recovery }}',
      proof: '{{ $labels.proof }}',
      ...apiAnnotations(INCIDENT_OF),
    },
    remedy: 'disabled',
    dashboard: 'endpoint',
    inhibits: [
      {
        why: 'While an endpoint is disabled, nothing is delivered, so nothing else can be wrong with its deliveries.',
        targets: 'WebhookEndpointFailing',
        same: ['endpoint'],
      },
    ],
    runbook: {
      meaning:
        'The platform disabled the endpoint: it no longer delivers anything there. Good probes and quiet time do not close the incident. The alert resolves when the same source reports that the endpoint is enabled, or when the incident is closed manually; where a captured report of the source could be sent again (docs/senders, "Replays"), only then.',
      impact:
        'No delivery arrives, and most platforms keep none for later. Your data stays incomplete until you recover the deliveries of that time.',
      diagnosis: [
        INCIDENT,
        'Read in the platform’s settings when and why it disabled the endpoint. Most platforms do so after days of failures, so the fault is older than this alert.',
        PROBE,
        promql('Which sources have disabled it?', 'webhook_endpoint_disabled{endpoint="ENDPOINT"} == 1'),
      ],
      mitigation: [
        'If the probe fails, fix that first; otherwise the platform disables the endpoint again. The incident names cause and fixes.',
        'Re-enable the endpoint on the platform. If the platform reports that (Svix: `endpoint.enabled`), the alert resolves; the incident closes once recovery is confirmed.',
        program(
          'If the platform does not report it, or the endpoint stays disabled on purpose, close the incident manually, here or on its page:',
          'close "$ENDPOINT" --reason "re-enabled on the platform"',
        ),
        RECOVER,
      ],
    },
  },
]

/** A report that is hours overdue can wait for a minute. */
export const REPORT_MISSING_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookReportMissing',
    why: 'Each replica judges the deliveries that it passed on. A process that starts knows of none; the alert outlives a restart.',
    expr: withTeam(`max by (${ENDPOINT}) (${of(SIGNALS.reportOverdue.name)}) == 1`),
    for: '1m',
    keepFiringFor: '10m',
    severity: 'warning',
    wakes:
      'No: a page about the failing endpoint does not depend on it. It says that the platform’s reports do not arrive.',
    summary: 'Error report missing',
    description:
      'Deliveries to {{ $labels.endpoint }} failed for so long that the platform must have given up, but it has not reported it. Its error webhook may be broken or not configured.',
    annotations: apiAnnotations(INCIDENT_OF),
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'The proxy saw a delivery fail, and no delivery succeed since. After the route’s `giveUpAfter` the platform must have given up on it, but no report for this endpoint has arrived.',
      impact:
        'Lost deliveries that the platform does not report are not counted, and endpoints without the proxy fail without a page.',
      diagnosis: [
        LOGS('Did a report arrive and get rejected?', 'rejected|credential|signature'),
        promql(
          'Which requests has the ingest listener answered in the last hour?',
          'sum by (source, outcome, reason) (increase(webhook_exporter_reports_total[1h])) > 0',
        ),
        'Check on the platform that the error webhook is configured for this merchant, with this receiver’s public URL and a valid token.',
        sh(
          'Test the path from outside the cluster:',
          'curl --include --request OPTIONS --header "Authorization: Bearer $REPORT_TOKEN" "$INGEST/webhooks/error"',
        ),
      ],
      mitigation: [
        'Correct the URL or the token on the platform, or what the log names.',
        'If the platform waits longer before it gives up, raise `proxy.routes[].giveUpAfter`.',
        'Until then, use the platform’s own list of failed deliveries to recover the lost data.',
        'The alert resolves with the first report, or with the first delivery that succeeds, ten minutes later.',
      ],
    },
  },
]

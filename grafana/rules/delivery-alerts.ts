import { SIGNALS } from '../signals.ts'
import { adviceAnnotations, apiAnnotations, INCIDENT_OF, incidentAnnotations } from './annotations.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, of, withTeam } from './promql.ts'
import { FAILURES, INCIDENT, LOGS, LOST, PROBE, promql, RECOVER, RECOVER_ALL, sh } from './text.ts'

const open = `${of(SIGNALS.incidentHeld.name)} == 1`
/** An incident that closed twice within three hours flaps: it counts as open for the half hour in which a failure would reopen it. */
const openOrFlapping = `${open}
or
(
  max_over_time(${of(SIGNALS.incidentHeld.name)}[30m]) == 1
  and
  resets(${of(SIGNALS.incidentHeld.name)}[3h]) > 1
)`

/** Deliveries that platforms gave up on. */
export const DELIVERY_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookEndpointFailing',
    why: 'State, not arithmetic: fires on the first failure and resolves when the incident closes. An incident that keeps reopening pages twice, not every time.',
    expr: withTeam(openOrFlapping),
    severity: 'endpoint',
    summary: 'Webhook deliveries failing',
    description:
      'The platform gave up on deliveries to {{ $labels.endpoint }} and will not retry them. Resolves automatically once recovery is confirmed.',
    annotations: {
      ...incidentAnnotations,
      ...adviceAnnotations,
      ...apiAnnotations(INCIDENT_OF),
    },
    dashboard: 'endpoint',
    runbook: {
      meaning: `The platform could not deliver a webhook to this endpoint, gave up after its own retries, and reported the failure. The endpoint's incident has been open since the first report, and the alert follows the incident:

- It resolves when the incident closes: after \`incidents.quietTime\` (30 minutes by default) without a report and, if the endpoint can be probed, \`incidents.goodProbes\` good probes in a row.
- A restart of the receiver does not make it fire again.
- If an incident closes twice within three hours, it is flapping: the alert then resolves half an hour after the last close.`,
      impact: LOST,
      diagnosis: [
        INCIDENT,
        'Run the checks it lists, in order. [Causes](#causes) has the checks and fixes for every cause; the alert’s runbook link opens the right section.',
        PROBE,
        FAILURES,
        sh(
          'See the latest probe results, phase by phase, from the public and the internal vantage point:',
          `api "$API/api/v1/endpoints/$(jq --null-input --raw-output --arg name "$ENDPOINT" '$name | @uri')" | jq .probes`,
        ),
        promql(
          'Count the failures of the last hour by cause and code:',
          `sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"})
- (sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"} offset 1h) or 0 * sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"}))`,
        ),
      ],
      mitigation: [
        'Apply the fixes listed for this cause.',
        'Probe the endpoint again (step 3 above). `up` with exit 0 confirms that it can be reached. The incident then closes automatically, as described under [Meaning](#meaning); its page shows what is still missing.',
        RECOVER,
        sh(
          'If recovery cannot be confirmed, for example because the endpoint was retired, close the incident manually. This requires `admin.apiToken`, with TOKEN set to its value:',
          `ID=$(api --get "$API/api/v1/incidents" --data-urlencode limit=1 --data-urlencode "endpoint=$ENDPOINT" | jq --raw-output '.incidents[0].id')`,
          `api --header 'Content-Type: application/json' --data '{"reason":"endpoint retired"}' "$API/api/v1/incidents/$ID/resolve"`,
        ),
      ],
    },
  },
  {
    alert: 'WebhookFailuresIncreasing',
    expr: withTeam(`sum by (${ENDPOINT}) (
  ${of(SIGNALS.failureIncrease.name, 'endpoint!~"invalid|other"')}
) > 10 # threshold`),
    for: '5m',
    severity: 'endpoint',
    summary: 'Webhook deliveries failing repeatedly',
    description:
      'The platform gave up on {{ $value | printf "%.0f" }} deliveries to {{ $labels.endpoint }} in the last ten minutes.',
    annotations: apiAnnotations(INCIDENT_OF),
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'The failure rate has been above the threshold for five minutes. WebhookEndpointFailing fired on the first failure; this alert means an ongoing outage, not a single lost delivery.',
      impact: `${LOST} More data is lost every minute.`,
      diagnosis: [
        INCIDENT,
        FAILURES,
        promql('See the failures by cause:', 'sum by (endpoint, cause) (job:webhook_delivery_failures:increase10m)'),
      ],
      mitigation: [
        'Follow [WebhookEndpointFailing](WebhookEndpointFailing.md). Bring in a second person to inform the teams that depend on the data.',
        RECOVER,
      ],
    },
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    expr: `count by (namespace, job) (${open}) > 4 # threshold`,
    keepFiringFor: '15m',
    severity: 'critical',
    summary: 'Webhook deliveries failing for many endpoints',
    description:
      '{{ $value }} endpoints of {{ $labels.job }} have an open incident. Look for a shared cause first: network, DNS, certificate, gateway, or the platform itself.',
    annotations: {
      ...apiAnnotations('/api/v1/incidents?state=open'),
    },
    dashboard: 'overview',
    runbook: {
      meaning:
        'At least five endpoints have an open incident at the same time. While this alert fires, and for 15 minutes after it clears, the example Alertmanager configuration inhibits alerts for single endpoints.',
      impact: `${LOST} Many endpoints are affected, so the fault is probably in something they share.`,
      diagnosis: [
        promql(
          'Which endpoints are affected, and by which causes?',
          'sum by (endpoint, cause, code) (webhook_incident_info)',
        ),
        sh(
          'List the open incidents with cause and start time:',
          `api "$API/api/v1/incidents?state=open" | jq '.incidents[] | {endpoint, cause, code, openedAt, failures}'`,
        ),
        'Same cause everywhere: go to its section in [WebhookEndpointFailing](WebhookEndpointFailing.md#causes). Different causes: look for a change just before the first failure that affects all of them (deployment, certificate, firewall, DNS zone).',
        'Same host or ingress: check that load balancer first. Nothing in common: ask the platform whether it has an incident.',
      ],
      mitigation: [
        'Fix the shared cause. Each incident closes once its endpoint’s recovery is confirmed.',
        RECOVER_ALL,
      ],
    },
  },
  {
    alert: 'WebhookFailuresUnidentified',
    expr: `sum by (${ENDPOINT}) (
  ${of(SIGNALS.failureIncrease.name, 'endpoint=~"invalid|other"')}
) > 0 # threshold`,
    severity: 'warning',
    summary: 'Delivery failures not attributed to an endpoint',
    description:
      '{{ $value | printf "%.0f" }} failures in the last ten minutes were counted as "{{ $labels.endpoint }}": the platform has an invalid URL, or the series limit is exceeded.',
    dashboard: 'overview',
    runbook: {
      meaning:
        '`invalid`: the report does not contain a valid http(s) URL. `other`: the failure exceeded `metrics.seriesLimit`. These failures are recorded, counted and logged, but open no incident and therefore do not page.',
      impact:
        'Deliveries are being lost without a page: either a webhook is misconfigured on the platform, or there are more endpoints than labels.',
      diagnosis: [
        sh(
          'Read what was reported. `url` is the text the platform sent; `tenant` is the merchant:',
          `api --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode limit=20 | jq '.failures[] | {receivedAt, tenant, url, code, message}'`,
        ),
        promql('Share of the series limit in use:', 'webhook_exporter_series / webhook_exporter_series_limit'),
      ],
      mitigation: [
        '`invalid`: correct the webhook’s URL in that tenant’s settings on the platform.',
        '`other`: configure the endpoints by name (URL patterns absorb ids), raise `metrics.seriesLimit`, or free unused series with `/nodejs/bin/node /app/src/main.ts journal reset-series` in the pod.',
      ],
    },
  },
  {
    alert: 'WebhookIncidentOpenTooLong',
    why: 'Uses `for` only: with timestamps, a receiver whose clock is wrong would make every incident look old.',
    expr: withTeam(open),
    for: '4h',
    severity: 'warning',
    summary: 'Webhook incident open for hours',
    description:
      'The incident of {{ $labels.endpoint }} has been open for more than four hours. Recover the lost data before the platform’s retention removes it.',
    annotations: { ...incidentAnnotations, ...apiAnnotations(INCIDENT_OF) },
    dashboard: 'endpoint',
    runbook: {
      meaning: 'The incident has been open for more than four hours, and recovery has not been confirmed.',
      impact: `${LOST} Most platforms keep that data for a limited time only.`,
      diagnosis: [
        INCIDENT,
        'Check who is working on it. The incident closes once reports have stopped and probes are good: `lastFailureAt` and `closing.goodProbes` show which of the two is missing.',
        LOGS('Search the log for the incident and its probes:', 'incident (opened|reopened|closed)|probe'),
      ],
      mitigation: [
        'Escalate to the team that owns the endpoint, or remove the endpoint from the platform’s settings.',
        'If the endpoint has recovered but this cannot be confirmed by a probe, close the incident manually as described in [WebhookEndpointFailing](WebhookEndpointFailing.md#mitigation).',
        RECOVER,
      ],
    },
  },
]

import { SIGNALS } from '../signals.ts'
import { adviceAnnotations, apiAnnotations, INCIDENT_OF, incidentAnnotations } from './annotations.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, of, withTeam } from './promql.ts'
import { FAILURES, INCIDENT, LOGS, LOST, PROBE, promql, RECOVER, RECOVER_ALL, sh } from './text.ts'

const open = `${of(SIGNALS.incidentHeld.name)} == 1`
/** What closed a second time within three hours flaps: it counts as open for the half hour in which a failure opens it again. */
const openOrFlapping = `${open}
or
(
  max_over_time(${of(SIGNALS.incidentHeld.name)}[30m]) == 1
  and
  resets(${of(SIGNALS.incidentHeld.name)}[3h]) > 1
)`

/** What sources gave up to deliver. */
export const DELIVERY_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookEndpointFailing',
    why: 'State, not arithmetic: it fires at the first failure and resolves when the incident closes. What keeps being opened again pages twice, not each time.',
    expr: withTeam(openOrFlapping),
    severity: 'endpoint',
    summary: 'Deliveries to a webhook endpoint fail',
    description:
      'The platform gave up deliveries to {{ $labels.endpoint }} and will not send them again. It ends by itself on proof of recovery.',
    annotations: {
      ...incidentAnnotations,
      ...adviceAnnotations,
      ...apiAnnotations(INCIDENT_OF),
    },
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'The platform could not deliver a notification to this endpoint, gave up and reported it. The incident of the endpoint is open since the first such report. The alert follows the incident: it does not fire again for a restart of the receiver, and resolves when the incident closes, which needs `incidents.quietTime` without a report and, where the endpoint can be probed, `incidents.goodProbes` good probes in a row. An incident that was closed and opened again within three hours flaps: then the alert ends half an hour after the last closing.',
      impact: LOST,
      diagnosis: [
        INCIDENT,
        'It names the cause, with the checks in their order; [Causes](#causes) has the same for every cause, and the runbook link of the alert leads to the right one.',
        PROBE,
        FAILURES,
        sh(
          'See what the last probes saw, phase by phase, from outside and from inside:',
          `api "$API/api/v1/endpoints/$(jq --null-input --raw-output --arg name "$ENDPOINT" '$name | @uri')" | jq .probes`,
        ),
        promql(
          'Count failures by cause and code, exactly:',
          `sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"})
- (sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"} offset 1h) or 0 * sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"}))`,
        ),
      ],
      mitigation: [
        'Make the fixes of the cause.',
        'Probe it again (step 3 above): `up` and exit 0 is the proof. The incident closes by itself after `incidents.quietTime` (30 minutes) without a report and `incidents.goodProbes` good probes in a row; its text says how far it is, and the alert resolves then.',
        RECOVER,
        sh(
          'Only where there can be no proof (the endpoint was taken out of use) close it by hand; this needs `admin.apiToken`, whose value is TOKEN:',
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
    summary: 'Deliveries to a webhook endpoint fail again and again',
    description:
      'The platform gave up {{ $value | printf "%.0f" }} deliveries to {{ $labels.endpoint }} in ten minutes, and has done so for five.',
    annotations: apiAnnotations(INCIDENT_OF),
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'Failures go on at a rate above the threshold: it is an outage, not a single lost delivery. WebhookEndpointFailing fired at the first one; this one says that it is getting worse.',
      impact: `${LOST} What is lost grows with each minute.`,
      diagnosis: [
        INCIDENT,
        FAILURES,
        promql('See the rate by cause:', 'sum by (endpoint, cause) (job:webhook_delivery_failures:increase10m)'),
      ],
      mitigation: [
        'As in [WebhookEndpointFailing](WebhookEndpointFailing.md), with a second person: one fixes, one tells those who wait for the data.',
        RECOVER,
      ],
    },
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    expr: `count by (namespace, job) (${open}) > 4 # threshold`,
    keepFiringFor: '15m',
    severity: 'critical',
    summary: 'Deliveries to many webhook endpoints fail at once',
    description:
      '{{ $value }} endpoints of {{ $labels.job }} have an open incident: look for what they share (network, DNS, certificate, gateway, the platform itself) before any single one.',
    annotations: {
      ...apiAnnotations('/api/v1/incidents?state=open'),
    },
    dashboard: 'overview',
    runbook: {
      meaning:
        'At least five endpoints have an open incident at the same time. While this alert fires, and 15 minutes longer, Alertmanager holds back the alerts of single endpoints that come later.',
      impact: `${LOST} Here for many endpoints, so that the fault is likely to be in something they share.`,
      diagnosis: [
        promql('Which endpoints, and which causes?', 'sum by (endpoint, cause, code) (webhook_incident_info)'),
        sh(
          'List the open incidents with their causes and beginnings:',
          `api "$API/api/v1/incidents?state=open" | jq '.incidents[] | {endpoint, cause, code, openedAt, failures}'`,
        ),
        'One cause for all: go to its section in [WebhookEndpointFailing](WebhookEndpointFailing.md#causes). Different causes: look for a change that reached all of them (deployment, certificate, firewall, DNS zone) just before the first.',
        'All of one host or one ingress: look at that load balancer first. Hosts that share nothing: ask the platform whether it has an incident.',
      ],
      mitigation: ['Mend what they share; the incidents close one by one on proof.', RECOVER_ALL],
    },
  },
  {
    alert: 'WebhookFailuresUnidentified',
    expr: `sum by (${ENDPOINT}) (
  ${of(SIGNALS.failureIncrease.name, 'endpoint=~"invalid|other"')}
) > 0 # threshold`,
    severity: 'warning',
    summary: 'Failures are reported that belong to no endpoint',
    description:
      '{{ $value | printf "%.0f" }} failures in ten minutes count as "{{ $labels.endpoint }}": the platform was given a URL that is none, or there are more endpoints than the series limit.',
    dashboard: 'overview',
    runbook: {
      meaning:
        '`invalid`: the URL in the report is no http(s) URL. `other`: the failure did not fit `metrics.seriesLimit`. Both are counted, recorded and logged, but have no incident and so no page of their own.',
      impact:
        'Somebody’s configuration on the platform is wrong, or labels run over; deliveries are lost either way, and nobody is paged for them.',
      diagnosis: [
        sh(
          'Read what was reported; `url` is the text as it came, `tenant` whose it is:',
          `api --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode limit=20 | jq '.failures[] | {receivedAt, tenant, url, code, message}'`,
        ),
        promql('Series in use and their limit:', 'webhook_exporter_series / webhook_exporter_series_limit'),
      ],
      mitigation: [
        '`invalid`: correct the webhook’s URL in the platform’s settings of that tenant.',
        '`other`: give endpoints names in the configuration (patterns take ids out of URLs), raise `metrics.seriesLimit`, or free places with `/nodejs/bin/node /app/src/main.ts journal reset-series` in the pod.',
      ],
    },
  },
  {
    alert: 'WebhookIncidentOpenTooLong',
    why: 'By `for` alone: a clock of the receiver that was set back would make every incident old.',
    expr: withTeam(open),
    for: '4h',
    severity: 'warning',
    summary: 'An incident of a webhook endpoint is open for hours',
    description:
      'Deliveries to {{ $labels.endpoint }} have failed for more than four hours. What was lost since then is to be read again.',
    annotations: { ...incidentAnnotations, ...apiAnnotations(INCIDENT_OF) },
    dashboard: 'endpoint',
    runbook: {
      meaning: 'The incident is open for more than four hours without a proof of recovery.',
      impact: `${LOST} Most platforms keep what can be read again for a limited time only.`,
      diagnosis: [
        INCIDENT,
        'Is somebody on it? If reports have stopped and probes are good, the incident would have closed: see which of both is missing (`goodProbes`, `lastFailureAt`).',
        LOGS('Look for what the service says of it:', 'incident (opened|reopened|closed)|probe'),
      ],
      mitigation: [
        'Escalate to the team of the endpoint, or take the endpoint out of the platform’s settings.',
        'If it is well and only cannot be proven, close the incident by hand as in [WebhookEndpointFailing](WebhookEndpointFailing.md#mitigation).',
        RECOVER,
      ],
    },
  },
]

import { SIGNALS } from '../signals.ts'
import { apiAnnotations, failingNames, INCIDENT_OF } from './annotations.ts'
import { ENABLED_AGAIN, LAST_EVALUATION, withPage } from './incident-details.ts'
import { INCIDENT_DESCRIPTION, incidentTexts } from './incident-texts.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, of, REAL, RELEASE, withTeam } from './promql.ts'
import {
  CAUSES_LINK,
  FAILURES,
  INCIDENT,
  LOST,
  PHASES,
  PROBE,
  program,
  promql,
  RECOVER,
  RECOVER_ALL,
  sh,
} from './text.ts'

const held = (...matchers: readonly string[]): string => of(SIGNALS.incidentHeld.name, ...matchers)
/**
 * One evaluation longer than the incident, so that the alert's last texts say how its end is known. An incident that closed
 * twice within three hours flaps: it counts as open for the half hour in which a failure would reopen it.
 */
const openOrFlapping = `max_over_time(${held()}[${LAST_EVALUATION}]) == 1
unless on (${ENDPOINT})
${of(ENABLED_AGAIN)}
or
(
  max_over_time(${held(REAL)}[30m]) == 1
  and
  resets(${held(REAL)}[3h]) > 1
)`

/** Deliveries that platforms gave up on. */
export const DELIVERY_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookEndpointFailing',
    why: 'State, not arithmetic: fires on the first failure and resolves when the incident closes. An incident that keeps reopening pages twice, not every time. What the page says comes with the expression as labels, which the rule removes.',
    ...withPage(openOrFlapping),
    condition: openOrFlapping,
    severity: 'endpoint',
    wakes:
      'Data is being lost and stays lost until someone recovers it; every minute adds to it. An early warning says that it soon will be.',
    summary: 'Webhook deliveries failing',
    description: INCIDENT_DESCRIPTION,
    annotations: { ...incidentTexts, ...apiAnnotations(INCIDENT_OF) },
    dashboard: 'endpoint',
    inhibits: [
      {
        why: 'Failing deliveries matter more than failing probes; an expired certificate is their cause, not another incident.',
        targets: 'WebhookEndpointDown|WebhookAvailabilityBurn.+|WebhookSuccessRateBurn.+|WebhookCertificateExpiring',
        same: ['endpoint'],
      },
    ],
    runbook: {
      meaning: `The platform could not deliver a webhook to this endpoint, gave up after its own retries, and reported the failure. Or it is an early warning: the platform, the proxy or failing probes (\`incidents.failedProbes\`) opened the incident before anything was lost. The alert then says "none reported lost", and there is time to fix the fault while the platform still retries. The alert follows the endpoint's incident:

- It resolves when the incident closes: after \`incidents.quietTime\` (30 minutes by default) without a report. The resolved message says what proves the recovery, or why nothing does. While probes fail and the receiver can see, it does not close.
- A restart of the receiver does not make it fire again.
- If an incident closes twice within three hours, it is flapping: the alert then resolves half an hour after the last close.`,
      impact: LOST,
      diagnosis: [
        INCIDENT,
        `Run the checks it lists, in order. Each cause has a page with its checks and fixes, which the alert's \`remedy_url\` opens: see [Causes](#causes).`,
        PROBE,
        FAILURES,
        PHASES,
        promql(
          'Count the failures of the last hour by cause and code:',
          `sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"})
- (sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"} offset 1h) or 0 * sum by (cause, code) (webhook_delivery_failures_total{endpoint="ENDPOINT"}))`,
        ),
      ],
      mitigation: [
        'Apply the fixes listed for this cause.',
        'Probe the endpoint again (step 3 above). `up` with exit 0 confirms that it can be reached. The incident then closes automatically; its page shows what is still missing.',
        RECOVER,
        program(
          'If recovery cannot be confirmed, for example because the endpoint was retired, close the incident manually, here or on its page:',
          'close "$ENDPOINT" --reason "endpoint retired"',
        ),
      ],
    },
  },
  {
    alert: 'WebhookManyEndpointsFailing',
    expr: `count by (${RELEASE}, team) (
${withTeam(`${held(REAL)} == 1`)}
) > 4 # threshold`,
    keepFiringFor: '15m',
    severity: 'warning',
    wakes: 'No: each endpoint has already paged its team. It says where to look first, and keeps symptoms quiet.',
    summary: 'Webhook deliveries failing for many endpoints',
    description:
      '{{ $value }} endpoints of {{ with $labels.team }}team {{ . }}{{ else }}no team{{ end }} have an open incident. Look for a shared cause first: network, DNS, certificate, gateway, or the platform itself.',
    annotations: {
      endpoints: failingNames,
      ...apiAnnotations('/api/v1/incidents?state=open'),
    },
    dashboard: 'overview',
    inhibits: [
      {
        why: 'Many endpoints of a team at once share one fault; what probes and rates say of them adds nothing. A new failing endpoint always pages.',
        targets: 'WebhookEndpointDown|WebhookAvailabilityBurn.+|WebhookSuccessRateBurn.+',
        same: ['team'],
      },
    ],
    runbook: {
      meaning:
        'At least five endpoints of one team have an open incident at the same time; the annotation `endpoints` names up to five. It never silences WebhookEndpointFailing. While it fires, and for 15 minutes after it clears, the inhibitions silence what probes and failure rates say of that team’s endpoints.',
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
        `Same cause everywhere: go to its page (${CAUSES_LINK}). Different causes: look for a change just before the first failure that affects all of them (deployment, certificate, firewall, DNS zone).`,
        'Same host or ingress: check that load balancer first. Nothing in common: ask the platform whether it has an incident.',
      ],
      mitigation: [
        'Fix the shared cause. Each incident closes once its endpoint’s recovery is confirmed.',
        'Endpoints that are dead for good: remove them on the platform, then close their incidents manually ([WebhookEndpointFailing](WebhookEndpointFailing.md#mitigation)).',
        RECOVER_ALL,
      ],
    },
  },
]

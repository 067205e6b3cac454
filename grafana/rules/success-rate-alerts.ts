import { SIGNALS } from '../signals.ts'
import { burn } from './burn-rate-alerts.ts'
import { DELIVERIES } from './burn-rates.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, held, indent, of, withTeam } from './promql.ts'
import { CAUSES_LINK, LOST, promql, RECOVER_ALL } from './text.ts'

const BY_CODE = promql(
  'Which codes did the platform see, and from which source do the figures come?',
  `sum by (source, result, code) (${SIGNALS.deliveryRate.name}{endpoint="ENDPOINT"})`,
)
const EFFECTIVE = promql(
  'Effective success rate (what the platform saw), minute by minute:',
  `${SIGNALS.effectiveRatio.name}{endpoint="ENDPOINT"}`,
)
const ACTUAL = promql(
  'Actual success rate (each attempt of the proxy). If it is lower than the effective one, retries already absorb part of the failures:',
  `${SIGNALS.actualRatio.name}{endpoint="ENDPOINT"}`,
)

/** Endpoints to which deliveries fail now and then, where successes are reported. They are evaluated every minute. */
export const SUCCESS_RATE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookSuccessRateBurnFast',
    why: 'Objective 99 %: the threshold is the error budget. At least about 20 deliveries per hour. Does not repeat what an incident within the windows has already reported.',
    expr: withTeam(`(
${indent(
  [
    burn(DELIVERIES, { long: '1h', short: '5m', factor: 14.4, enough: [20, 2] }),
    burn(DELIVERIES, { long: '6h', short: '30m', factor: 6, enough: [120, 10] }),
  ].join('\nor\n'),
)}
)
unless on (${ENDPOINT})
max_over_time(${of(SIGNALS.incidentHeld.name)}[1h]) == 1`),
    for: '1m',
    severity: 'endpoint',
    wakes: 'Deliveries fail so often that some will be lost, although never three in a row.',
    summary: 'Webhook deliveries burning their error budget fast',
    description:
      '{{ $value | humanizePercentage }} of the deliveries to {{ $labels.endpoint }} failed within the last hour, or the last six; 1 % may fail in a month. At this rate, that is used up within days. Each one may work when you try it: look for one bad replica or address.',
    dashboard: 'endpoint',
    inhibits: [
      {
        why: 'Fast burn implies slow burn, and real deliveries matter more than probes.',
        targets: 'WebhookSuccessRateBurnSlow|WebhookAvailabilityBurn.+',
        same: ['endpoint'],
      },
    ],
    runbook: {
      meaning: `Of the deliveries that the proxy or another source counts, so many fail that a monthly error budget of 1 % burns at least 14.4 times (over 1 h and 5 min) or 6 times (over 6 h and 30 min) too fast. Failed means that the platform saw the failure; what the proxy's retries saved counts as a success. The platform may still repeat these deliveries. Fewer than about 20 deliveries per hour are never judged.`,
      impact: `The platform repeats failed deliveries, and gives up on those that fail each time. ${LOST}`,
      diagnosis: [BY_CODE, EFFECTIVE, ACTUAL],
      mitigation: [
        'Look for one bad replica behind the load balancer, timeouts under load, a rollout without surge, or a dependency that fails now and then.',
        `Apply the fixes of the code’s cause: see ${CAUSES_LINK}.`,
        'If the application is usually reachable again within a second, let the proxy retry: `retry: safe`, or `idempotent` if the application recognises repeated deliveries (docs/proxy.md).',
      ],
    },
  },
  {
    alert: 'WebhookSuccessRateBurnSlow',
    expr: withTeam(
      [
        burn(DELIVERIES, { long: '1d', short: '2h', factor: 3, enough: [480, 40] }),
        burn(DELIVERIES, { long: '3d', short: '6h', factor: 1, enough: [1_440, 120] }),
      ].join('\nor\n'),
    ),
    for: '15m',
    severity: 'warning',
    wakes: 'No: a ticket about a slow decline.',
    summary: 'Webhook deliveries burning their error budget',
    description:
      '{{ $value | humanizePercentage }} of the deliveries to {{ $labels.endpoint }} failed within the last one to three days; 1 % may fail in a month, and that will not last.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'Over one day (and the last two hours) or three days (and the last six hours), deliveries failed so often that an error budget of 1 % will not last the month. This is a ticket, not a page. Fewer than about 20 deliveries per hour are never judged.',
      impact: 'Deliveries need the platform’s retries, and some may be lost.',
      diagnosis: [BY_CODE, EFFECTIVE, ACTUAL],
      mitigation: [
        'Find what the failures have in common: rollouts without surge, nightly jobs, garbage collection, one bad replica.',
        'If 99 % is the wrong objective for this endpoint, set `rules.overrides.WebhookSuccessRateBurnSlow.threshold` to its error budget.',
        RECOVER_ALL,
      ],
    },
  },
  {
    alert: 'WebhookDeliveriesSlow',
    why: 'The 95th percentile over five minutes, so that a minute’s burst is over before the 15 minutes are; and enough deliveries. A restart of the only replica does not end it.',
    expr: withTeam(`(
  histogram_quantile(0.95, sum by (${ENDPOINT}, le) (rate(${of(`${SIGNALS.deliveryDuration.name}_bucket`)}[5m])))
  > on (${ENDPOINT})
  (
${indent(held('min', SIGNALS.deliveryPatience.name), 4)}
  ) * 0.5 # threshold
)
and on (${ENDPOINT})
sum by (${ENDPOINT}) (increase(${of(`${SIGNALS.deliveryDuration.name}_bucket`, 'le="+Inf"')}[15m])) >= 20`),
    for: '15m',
    severity: 'warning',
    wakes: 'No: nothing has failed yet. It is an early warning.',
    summary: 'Webhook deliveries answered slowly',
    description:
      'The 95th percentile of deliveries to {{ $labels.endpoint }} takes {{ $value | humanizeDuration }}, more than half of the time after which the platform gives up on an attempt. The application has to answer first, and do its work later.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'For 15 minutes, the slowest 5 % of the deliveries that the proxy passed on took longer than half of the route’s `patience`, with at least 20 deliveries in that time.',
      impact:
        'Nothing is lost yet. Under a little more load the platform runs into its timeout, repeats deliveries that your application has already processed, and gives up on some.',
      diagnosis: [
        promql(
          'How long do deliveries take? (95th percentile)',
          `histogram_quantile(0.95, sum by (le) (rate(webhook_endpoint_delivery_duration_seconds_bucket{endpoint="ENDPOINT"}[5m])))`,
        ),
        promql(
          'Do retries take the time?',
          'sum by (reason, result) (increase(webhook_endpoint_delivery_retries_total{endpoint="ENDPOINT"}[15m]))',
        ),
        promql('How many are in progress at once?', 'sum(webhook_endpoint_deliveries_in_flight{endpoint="ENDPOINT"})'),
        'Compare with the application’s own request times and traces: each delivery has a SERVER span, with a CLIENT span per attempt.',
      ],
      mitigation: [
        'Answer first, work later: store the notification (a table, a queue), answer 2xx, and process it afterwards. Answering must not wait for other services.',
        'Until then, give the handler more capacity, or move slow work such as mails and calls to other services out of it.',
        'If the platform waits longer than `proxy.routes[].patience` says, set `patience` to what it really waits.',
      ],
    },
  },
]

import { SIGNALS } from '../signals.ts'
import { type Budget, type BurnWindow, PROBES } from './burn-rates.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, indent, of, withTeam } from './promql.ts'
import { PHASES, PROBE, promql } from './text.ts'

/** Two windows that must both burn too fast. */
export interface Pair {
  readonly long: BurnWindow
  readonly short: BurnWindow
  /** How many times faster than allowed the error budget burns. */
  readonly factor: number
  /** Minimum number of events in each window. */
  readonly enough: readonly [long: number, short: number]
}

/** An error budget of 1 % that burns so many times too fast, with enough events to say so. */
export const burn = ({ ratio, count }: Budget, { long, short, factor, enough }: Pair): string => `(
  ${of(ratio(long))} > ${factor} * 0.01 # threshold
  and
  ${of(ratio(short))} > ${factor} * 0.01 # threshold
  and
  ${of(count(long))} >= ${enough[0]}
  and
  ${of(count(short))} >= ${enough[1]}
)`

/** Endpoints with scheduled probes that fail now and then. They are in a group with their recordings, evaluated every minute. */
export const BURN_RATE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookAvailabilityBurnFast',
    why: 'Objective 99 %: the threshold is the error budget. Two windows each, with enough probes in both. Does not repeat what an incident within the windows has already reported.',
    expr: withTeam(`(
${indent(
  [
    burn(PROBES, { long: '1h', short: '5m', factor: 14.4, enough: [20, 3] }),
    burn(PROBES, { long: '6h', short: '30m', factor: 6, enough: [30, 4] }),
  ].join('\nor\n'),
)}
)
unless on (${ENDPOINT})
max_over_time(${of(SIGNALS.incidentHeld.name)}[1h]) == 1`),
    for: '1m',
    severity: 'endpoint',
    wakes:
      'The endpoint fails so often that deliveries will be lost, although no probe series is down for long enough.',
    summary: 'Webhook endpoint burning its error budget fast',
    description:
      '{{ $value | humanizePercentage }} of the scheduled probes of {{ $labels.endpoint }} failed within the last hour, or the last six; 1 % may fail in a month. At this rate, that is used up within days. Each one may work when you try it: look for one bad replica or address.',
    dashboard: 'endpoint',
    inhibits: [{ why: 'Fast burn implies slow burn.', targets: 'WebhookAvailabilityBurnSlow', same: ['endpoint'] }],
    runbook: {
      meaning:
        'Scheduled probes from the public vantage point fail so often that a monthly error budget of 1 % burns at least 14.4 times (over 1 h and 5 min) or 6 times (over 6 h and 30 min) too fast.',
      impact: 'Deliveries probably fail at a similar rate. Those that fail on every retry are lost.',
      diagnosis: [
        promql('What share of the probes fails?', `${PROBES.ratio('1h')}{endpoint="ENDPOINT"}`),
        PHASES,
        PROBE,
      ],
      mitigation: [
        'Intermittent failures: look for one bad replica behind the load balancer, timeouts under load, or one bad address among several in DNS.',
        'Constant failures: see [WebhookEndpointDown](WebhookEndpointDown.md).',
      ],
    },
  },
  {
    alert: 'WebhookAvailabilityBurnSlow',
    expr: withTeam(
      [
        burn(PROBES, { long: '1d', short: '2h', factor: 3, enough: [40, 6] }),
        burn(PROBES, { long: '3d', short: '6h', factor: 1, enough: [100, 10] }),
      ].join('\nor\n'),
    ),
    for: '15m',
    severity: 'warning',
    wakes: 'No: a ticket about a slow decline.',
    summary: 'Webhook endpoint burning its error budget',
    description:
      '{{ $value | humanizePercentage }} of the scheduled probes of {{ $labels.endpoint }} failed within the last one to three days; 1 % may fail in a month, and that will not last.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'Over one day (and the last two hours) or three days (and the last six hours), probes failed so often that an error budget of 1 % will not last the month. This is a ticket, not a page.',
      impact: 'Some deliveries probably need the platform’s retries, and some may be lost.',
      diagnosis: [
        promql(
          'When does it fail? Look for a daily pattern:',
          `sum by (cause) (increase(webhook_endpoint_probes_total{endpoint="ENDPOINT", result="down"}[1h]))`,
        ),
        PHASES,
      ],
      mitigation: [
        'Find what the failures have in common: rollouts without surge, nightly jobs, garbage collection, one bad replica.',
        'If 99 % is the wrong objective for this endpoint, set `rules.overrides.WebhookAvailabilityBurnSlow.threshold` to its error budget.',
      ],
    },
  },
]

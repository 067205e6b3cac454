import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, held, indent, of, withTeam } from './promql.ts'
import { type BurnWindow, downRatio, probesIn } from './recordings.ts'
import { INCIDENT, promql, sh } from './text.ts'

interface Pair {
  readonly long: BurnWindow
  readonly short: BurnWindow
  /** How many times faster than allowed the error budget burns. */
  readonly factor: number
  /** Minimum number of probes in each window. */
  readonly enough: readonly [long: number, short: number]
}

const burn = ({ long, short, factor, enough }: Pair): string => `(
  ${of(downRatio(long))} > ${factor} * 0.01 # threshold
  and
  ${of(downRatio(short))} > ${factor} * 0.01 # threshold
  and
  ${of(probesIn(long))} >= ${enough[0]}
  and
  ${of(probesIn(short))} >= ${enough[1]}
)`

const probe = sh(
  'Read the last probe, phase by phase, and run one now:',
  `api "$API/api/v1/endpoints/$(jq --null-input --raw-output --arg name "$ENDPOINT" '$name | @uri')" | jq`,
  `kubectl --namespace "$NAMESPACE" exec "$JOB-0" -- /nodejs/bin/node /app/src/main.ts probe "$ENDPOINT"`,
)

const certificate = (days: number, severity: Alert['severity']): Alert => ({
  alert: `WebhookCertificateExpiresIn${days === 1 ? '1Day' : `${days}Days`}`,
  expr: withTeam(`(
${held('min', SIGNALS.certificateEnd.name).replaceAll(/^/gm, '  ')}
) - time() < 86400 * ${days} # threshold`),
  for: '5m',
  severity,
  summary: `Webhook endpoint certificate expires within ${days === 1 ? 'a day' : `${days} days`}`,
  description:
    'The certificate of {{ $labels.endpoint }} expires in {{ $value | humanizeDuration }}. Renew it now: once it has expired, every delivery fails.',
  dashboard: 'endpoint',
  runbook: {
    meaning: `The certificate that the last probe received expires within ${days === 1 ? 'a day' : `${days} days`}, or has already expired. A working automatic renewal would have replaced it by now.`,
    impact:
      'Once the certificate has expired, every delivery fails in the TLS handshake and the platform gives up on it.',
    diagnosis: [
      promql(
        'How many days are left?',
        '(webhook_endpoint_tls_not_after_timestamp_seconds{endpoint="ENDPOINT"} - time()) / 86400',
      ),
      sh(
        'Inspect the certificate being served:',
        'HOST=shop.example # the endpoint’s host',
        'openssl s_client -connect "$HOST:443" -servername "$HOST" -showcerts </dev/null | openssl x509 -noout -subject -issuer -enddate -ext subjectAltName',
      ),
      sh(
        'If cert-manager issues it, find out why it was not renewed:',
        'kubectl get certificates,certificaterequests,orders,challenges --all-namespaces | grep -v True',
        'kubectl --namespace APPLICATION describe certificate NAME',
      ),
    ],
    mitigation: [
      'Fix what blocks the renewal (DNS or HTTP challenge, rate limit, account), or renew manually: `cmctl renew NAME`, `certbot renew`.',
      'Reload the proxy or load balancer that terminates TLS, so that it serves the renewed certificate.',
      'The alert resolves on the first probe that receives the new certificate.',
    ],
  },
})

/** What probes find, possibly before any delivery is lost. */
export const PROBE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookEndpointDown',
    why: 'Scheduled probes only: without a schedule, the last probe may be days old. The last result is held through a restart.',
    expr: withTeam(`(
${held('min', SIGNALS.endpointUp.name).replaceAll(/^/gm, '  ')}
) == 0
and on (${ENDPOINT})
(${of(downRatio('5m'))} > 0 or ${of(downRatio('1h'))} > 0)`),
    for: '3m',
    severity: 'endpoint',
    summary: 'Webhook endpoint down',
    description:
      'Scheduled probes of {{ $labels.endpoint }} have failed for three minutes. Deliveries to it will probably fail and be lost.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'Scheduled probes (`endpoints[].probe.interval`) find the endpoint down, from the public or the internal vantage point. A delivery may not have failed yet.',
      impact: 'Deliveries fail. The platform retries each a few times and then gives up on it.',
      diagnosis: [
        probe,
        promql(
          'Which cause, from which vantage point?',
          'sum by (vantage, result, cause) (increase(webhook_endpoint_probes_total{endpoint="ENDPOINT"}[15m]))',
        ),
        '`public` down and `internal` up: the fault is in front of the application (DNS, certificate, load balancer, firewall). Both down: the fault is in the application.',
        'Go to the section of the cause in [WebhookEndpointFailing](WebhookEndpointFailing.md#causes).',
      ],
      mitigation: [
        'Apply the fixes listed for this cause.',
        'If the endpoint is up and the probe is wrong (for example, the path answers only POST), set `probe.url`, `probe.method` or `probe.expect`.',
      ],
    },
  },
  {
    alert: 'WebhookProbesStale',
    why: 'Uses counters because the receiver’s clock may change. At least three probes are expected in ten minutes.',
    expr: withTeam(`sum by (${ENDPOINT}) (increase(${of(SIGNALS.probes.name, 'trigger="scheduled"')}[10m])) == 0
and on (${ENDPOINT})
sum by (${ENDPOINT}) (increase(${of(SIGNALS.probes.name, 'trigger="scheduled"')}[6h])) > 108 # threshold`),
    for: '10m',
    severity: 'warning',
    summary: 'Scheduled probes stopped',
    description:
      'There has been no scheduled probe of {{ $labels.endpoint }} for ten minutes, although probes were frequent before. Its probe metrics are stale.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'The receiver is up, but has not run a scheduled probe of this endpoint for at least ten minutes. The alert covers endpoints with more than 108 probes in six hours (one every 200 seconds); longer intervals are not covered.',
      impact: 'The endpoint’s availability, certificate and recovery are unknown, and incidents may not close.',
      diagnosis: [
        promql(
          'Are all endpoints affected, or one?',
          'sum by (endpoint) (increase(webhook_endpoint_probes_total{trigger="scheduled"}[10m]))',
        ),
        probe,
        promql('Is the process overloaded?', 'nodejs_eventloop_lag_p99_seconds'),
      ],
      mitigation: [
        'All endpoints affected: save the pod’s log for a bug report, then restart the pod.',
        'With PostgreSQL, one replica probes at a time: the logs show which one is the leader.',
      ],
    },
  },
  {
    alert: 'WebhookAvailabilityBurnFast',
    why: 'Objective 99 %: the threshold is the error budget. Two windows each, with enough probes in both. Does not repeat what an incident within the windows has already reported.',
    expr: withTeam(`(
${indent(
  [
    burn({ long: '1h', short: '5m', factor: 14.4, enough: [20, 3] }),
    burn({ long: '6h', short: '30m', factor: 6, enough: [30, 4] }),
  ].join('\nor\n'),
)}
)
unless on (${ENDPOINT})
max_over_time(${of(SIGNALS.incidentHeld.name)}[1h]) == 1`),
    for: '1m',
    severity: 'endpoint',
    summary: 'Webhook endpoint burning its error budget fast',
    description:
      '{{ $value | humanizePercentage }} of the scheduled probes of {{ $labels.endpoint }} failed. At this rate, the monthly error budget of 1 % is used up within days.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'Scheduled probes from the public vantage point fail so often that a monthly error budget of 1 % burns at least 14.4 times (over 1 h and 5 min) or 6 times (over 6 h and 30 min) too fast.',
      impact: 'Deliveries probably fail at a similar rate. Those that fail on every retry are lost.',
      diagnosis: [promql('What share of the probes fails?', `${downRatio('1h')}{endpoint="ENDPOINT"}`), probe],
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
        burn({ long: '1d', short: '2h', factor: 3, enough: [40, 6] }),
        burn({ long: '3d', short: '6h', factor: 1, enough: [100, 10] }),
      ].join('\nor\n'),
    ),
    for: '15m',
    severity: 'warning',
    summary: 'Webhook endpoint burning its error budget',
    description:
      '{{ $value | humanizePercentage }} of the scheduled probes of {{ $labels.endpoint }} failed over the last days. The monthly error budget of 1 % will not last.',
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
        INCIDENT,
      ],
      mitigation: [
        'Find what the failures have in common: rollouts without surge, nightly jobs, garbage collection, one bad replica.',
        'If 99 % is the wrong objective for this endpoint, set `rules.overrides.WebhookAvailabilityBurnSlow.threshold` to its error budget.',
      ],
    },
  },
  certificate(21, 'warning'),
  certificate(7, 'warning'),
  certificate(1, 'endpoint'),
]

import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, held, indent, of, withTeam } from './promql.ts'
import { type BurnWindow, downRatio, probesIn } from './recordings.ts'
import { INCIDENT, promql, sh } from './text.ts'

interface Pair {
  readonly long: BurnWindow
  readonly short: BurnWindow
  /** How many times faster than allowed the budget is spent. */
  readonly factor: number
  /** Fewest probes in each window. */
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
  'Look at the last probe, phase by phase, and make one now:',
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
  summary: `The certificate of a webhook endpoint expires within ${days === 1 ? 'a day' : `${days} days`}`,
  description: 'The certificate that {{ $labels.endpoint }} serves ends in {{ $value | humanizeDuration }}.',
  dashboard: 'endpoint',
  runbook: {
    meaning: `The certificate that the last probe saw ends within ${days === 1 ? 'a day' : `${days} days`}, or has ended. A renewal that works by itself would have replaced it by now.`,
    impact: 'From that moment every delivery fails in the TLS handshake, and the platform gives each of them up.',
    diagnosis: [
      promql(
        'When does it end, in days?',
        '(webhook_endpoint_tls_not_after_timestamp_seconds{endpoint="ENDPOINT"} - time()) / 86400',
      ),
      sh(
        'Look at the certificate that is served:',
        'HOST=shop.example # the endpoint’s host',
        'openssl s_client -connect "$HOST:443" -servername "$HOST" -showcerts </dev/null | openssl x509 -noout -subject -issuer -enddate -ext subjectAltName',
      ),
      sh(
        'Where cert-manager issues it, see why it was not renewed:',
        'kubectl get certificates,certificaterequests,orders,challenges --all-namespaces | grep -v True',
        'kubectl --namespace APPLICATION describe certificate NAME',
      ),
    ],
    mitigation: [
      'Mend what stops the renewal (DNS or HTTP challenge, rate limit, account), or renew by hand: `cmctl renew NAME`, `certbot renew`.',
      'Reload what terminates TLS: a renewed file that nobody reads does not help.',
      'The alert resolves with the first probe that sees the new certificate.',
    ],
  },
})

/** What probes of endpoints see, before any delivery is lost. */
export const PROBE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookEndpointDown',
    why: 'Scheduled probes alone: without a schedule the last probe may be days old. Their last result is held through a restart.',
    expr: withTeam(`(
${held('min', SIGNALS.endpointUp.name).replaceAll(/^/gm, '  ')}
) == 0
and on (${ENDPOINT})
(${of(downRatio('5m'))} > 0 or ${of(downRatio('1h'))} > 0)`),
    for: '3m',
    severity: 'endpoint',
    summary: 'A webhook endpoint is down for probes',
    description:
      'Scheduled probes of {{ $labels.endpoint }} have failed for three minutes. The next delivery will fail too, and be lost.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'The regular probe (`endpoints[].probe.interval`) finds the endpoint down, by the public way or behind it. No delivery needs to have failed yet.',
      impact: 'What the platform sends now fails, is retried a few times and given up.',
      diagnosis: [
        probe,
        promql(
          'Which cause, seen from where?',
          'sum by (vantage, result, cause) (increase(webhook_endpoint_probes_total{endpoint="ENDPOINT"}[15m]))',
        ),
        'Down from `public` and up from `internal`: the fault is in front of the application (DNS, certificate, load balancer, firewall). Down from both: it is the application.',
        'Go to the section of the cause in [WebhookEndpointFailing](WebhookEndpointFailing.md#causes).',
      ],
      mitigation: [
        'Make the fixes of the cause.',
        'If the endpoint is well and the probe is wrong (it asks a path that answers only POST), set `probe.url`, `probe.method` or `probe.expect`.',
      ],
    },
  },
  {
    alert: 'WebhookProbesStale',
    why: 'By counters, since the clock of the receiver may be set. At least three probes were to be expected in ten minutes.',
    expr: withTeam(`sum by (${ENDPOINT}) (increase(${of(SIGNALS.probes.name, 'trigger="scheduled"')}[10m])) == 0
and on (${ENDPOINT})
sum by (${ENDPOINT}) (increase(${of(SIGNALS.probes.name, 'trigger="scheduled"')}[6h])) > 108 # threshold`),
    for: '10m',
    severity: 'warning',
    summary: 'Scheduled probes of a webhook endpoint have stopped',
    description:
      'No scheduled probe of {{ $labels.endpoint }} was made for ten minutes, though they came often before; what is shown of it is old.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'The receiver answers, but has made no scheduled probe of this endpoint for at least ten minutes, while more than 108 in six hours (one in 200 seconds) were usual. Endpoints with longer intervals are not watched by this alert.',
      impact: 'Availability, certificate and recovery of the endpoint are not known; incidents may not close.',
      diagnosis: [
        promql(
          'Are all endpoints concerned, or one?',
          'sum by (endpoint) (increase(webhook_endpoint_probes_total{trigger="scheduled"}[10m]))',
        ),
        probe,
        promql('Is the process overloaded?', 'nodejs_eventloop_lag_p99_seconds'),
      ],
      mitigation: [
        'All endpoints: restart the pod, and keep its log for a bug report.',
        'With PostgreSQL one replica probes at a time: see in the logs which one has the lease.',
      ],
    },
  },
  {
    alert: 'WebhookAvailabilityBurnFast',
    why: 'Objective 99 %: the threshold is the error budget. Two windows each, and enough probes in both. What an incident said is not said again while the windows still hold it.',
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
    summary: 'A webhook endpoint spends its error budget fast',
    description:
      '{{ $value | humanizePercentage }} of the scheduled probes of {{ $labels.endpoint }} failed; the month’s error budget of 1 % would be gone within days.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'Of the scheduled probes by the public way, so many failed in a long and a short window that an error budget of 1 % a month is spent at least 14.4 times (1 h and 5 min) or 6 times (6 h and 30 min) too fast.',
      impact: 'Deliveries fail in the same proportion; those that fail three times in a row are lost.',
      diagnosis: [promql('How much fails?', `${downRatio('1h')}{endpoint="ENDPOINT"}`), probe],
      mitigation: [
        'It comes and goes: look at one bad replica behind the load balancer, at time-outs under load, at one of several addresses in DNS.',
        'See [WebhookEndpointDown](WebhookEndpointDown.md).',
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
    summary: 'A webhook endpoint spends its error budget',
    description:
      '{{ $value | humanizePercentage }} of the scheduled probes of {{ $labels.endpoint }} failed over days; the month’s error budget of 1 % will not last.',
    dashboard: 'endpoint',
    runbook: {
      meaning:
        'Over a day (and two hours) or three days (and six hours) the endpoint failed so often that an error budget of 1 % will not last for the month. A ticket, not a page.',
      impact: 'Now and then a delivery needs the platform’s retries, and some will be lost.',
      diagnosis: [
        promql(
          'When does it fail? Look for a pattern over the day:',
          `sum by (cause) (increase(webhook_endpoint_probes_total{endpoint="ENDPOINT", result="down"}[1h]))`,
        ),
        INCIDENT,
      ],
      mitigation: [
        'Find what the failing moments share: deployments without a surge, nightly jobs, garbage collection, one bad replica.',
        'If 99 % is the wrong objective for this endpoint, set `rules.overrides.WebhookAvailabilityBurnSlow.threshold` to its error budget.',
      ],
    },
  },
  certificate(21, 'warning'),
  certificate(7, 'warning'),
  certificate(1, 'endpoint'),
]

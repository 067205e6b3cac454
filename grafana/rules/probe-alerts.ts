import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, held, indent, of, withTeam } from './promql.ts'
import { CAUSES_LINK, kubernetes, PHASES, PROBE, promql, sh } from './text.ts'

const scheduled = of(SIGNALS.probes.name, 'trigger="scheduled"')

/** What probes find, possibly before any delivery is lost. */
export const PROBE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookEndpointDown',
    why: 'Scheduled probes only: without a schedule, the last probe may be days old. The last result is held through a restart.',
    expr: withTeam(`(
${indent(held('min', SIGNALS.endpointUp.name))}
) == 0
and on (${ENDPOINT})
max by (${ENDPOINT}) (last_over_time(${scheduled}[1h])) > 0`),
    for: '3m',
    severity: 'endpoint',
    wakes: 'The next delivery will probably be lost. Silent once one was: WebhookEndpointFailing has paged then.',
    summary: 'Webhook endpoint down',
    description:
      'Scheduled probes of {{ $labels.endpoint }} have failed for three minutes. Deliveries to it will probably fail and be lost.',
    dashboard: 'endpoint',
    inhibits: [
      {
        why: 'An endpoint that is down now matters more than its error budget.',
        targets: 'WebhookAvailabilityBurn.+|WebhookSuccessRateBurn.+',
        same: ['endpoint'],
      },
    ],
    runbook: {
      meaning:
        'Scheduled probes (`endpoints[].probe.interval`) find the endpoint down, from the public or the internal vantage point. A delivery may not have failed yet.',
      impact: 'Deliveries fail. The platform retries each a few times and then gives up on it.',
      diagnosis: [
        PHASES,
        PROBE,
        promql(
          'Which cause, from which vantage point?',
          'sum by (vantage, result, cause) (increase(webhook_endpoint_probes_total{endpoint="ENDPOINT"}[15m]))',
        ),
        '`public` down and `internal` up: the fault is in front of the application (DNS, certificate, load balancer, firewall). Both down: the fault is in the application.',
        `Go to the page of the cause: see ${CAUSES_LINK}.`,
      ],
      mitigation: [
        'Apply the fixes listed for this cause.',
        'If the endpoint is up and the probe is wrong (for example, the path answers only POST), set `probe.url`, `probe.method` or `probe.expect`.',
      ],
    },
  },
]

/** What probes say of the next days: it can wait for a minute. */
export const CERTIFICATE_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookCertificateExpiring',
    why: 'One alert from 21 days on. In the last two days it takes the endpoint’s own severity; the warning is held until that fires.',
    expr: withTeam(`(
${indent(held('min', SIGNALS.certificateEnd.name))}
) - time() < 86400 * 21 # threshold`),
    for: '5m',
    keepFiringFor: '6m',
    severity: 'warning',
    severityLabel: '{{ if lt $value 172800.0 }}{{ or $labels.severity "critical" }}{{ else }}warning{{ end }}',
    wakes: 'Only in the last two days, with the endpoint’s severity: no renewal will come by itself any more.',
    summary: 'Webhook endpoint certificate expires soon',
    description:
      'The certificate of {{ $labels.endpoint }} {{ if lt $value 0.0 }}has expired: every delivery fails{{ else }}expires in {{ $value | humanizeDuration }}. Renew it now: once it has expired, every delivery fails{{ end }}.',
    dashboard: 'endpoint',
    inhibits: [
      {
        why: 'The last two days imply the weeks before.',
        targets: 'WebhookCertificateExpiring',
        severity: 'critical',
        targetSeverity: 'warning',
        same: ['endpoint'],
      },
    ],
    replaces: [
      'WebhookCertificateExpiresIn21Days',
      'WebhookCertificateExpiresIn7Days',
      'WebhookCertificateExpiresIn1Day',
    ],
    runbook: {
      meaning:
        'The certificate that the last probe received expires within 21 days, or has already expired. A working automatic renewal would have replaced it by now. In the last two days the alert has the endpoint’s severity; before that it is a warning.',
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
        kubernetes(
          'if cert-manager issues it, find out why it was not renewed:',
          'kubectl get certificates,certificaterequests,orders,challenges --all-namespaces | grep -v True',
        ),
      ],
      mitigation: [
        'Fix what blocks the renewal (DNS or HTTP challenge, rate limit, account), or renew manually: `cmctl renew CERTIFICATE --namespace NAMESPACE` (cert-manager), `certbot renew` (ACME client).',
        'Reload the proxy or load balancer that terminates TLS, so that it serves the renewed certificate: `nginx -s reload`, for example.',
        'The alert resolves on the first probe that receives the new certificate. [tls_expired](../remedies/tls_expired.md) has more checks.',
      ],
    },
  },
]

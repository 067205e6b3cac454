import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of } from './promql.ts'
import { promql, sh } from './text.ts'

/** What the receiver's own probes can say at all. */
export const EGRESS_ALERT: Alert = {
  alert: 'WebhookEgressDown',
  why: 'Held over gaps between tries: without a canary or a schedule only failing endpoints are probed.',
  expr: `min by (namespace, job) (max_over_time(${of(SIGNALS.egressUp.name)}[5m])) == 0`,
  for: '5m',
  severity: 'warning',
  summary: 'The receiver of error webhooks reaches nothing outside',
  description:
    'Nothing outside that {{ $labels.job }} tried could be resolved or reached. Its probes count against no endpoint meanwhile: incidents show what the platform reported, not verified from here, and close unproven.',
  dashboard: 'exporter',
  runbook: {
    meaning:
      'Every probe of a public endpoint, the canary and `outbound.reference` failed at resolve or connect for at least five minutes. Either this receiver has no DNS or no egress, or everything that it tried is down.',
    impact:
      'Reports are received, counted and paged as usual. Verdicts come from the reports alone, availability and certificates of endpoints are unknown, and a recovery cannot be proven.',
    diagnosis: [
      promql(
        'What was tried, and where did it fail?',
        'sum by (endpoint, result, cause) (increase(webhook_endpoint_probes_total{vantage="public"}[30m])) > 0',
      ),
      sh(
        'Is it DNS, or the way out? Probe a URL that is certainly up, from where the receiver probes (phase resolve: DNS; phase connect: egress):',
        'kubectl --namespace "$NAMESPACE" exec "service/$JOB-admin" --container webhook-error-exporter -- /nodejs/bin/node /app/src/main.ts probe https://example.com/',
      ),
      sh(
        'Which policies select the pod, and may it reach kube-dns (UDP and TCP 53) and the internet?',
        'kubectl --namespace "$NAMESPACE" get networkpolicies --output yaml',
        'kubectl --namespace kube-system get pods --selector k8s-app=kube-dns',
      ),
    ],
    mitigation: [
      'DNS: restore CoreDNS, or allow port 53 in the NetworkPolicy.',
      'Egress: allow TCP 443 to the endpoints’ addresses in the NetworkPolicy, firewall or security group. Probes connect directly: a forward proxy does not help them.',
      'If the receiver shall have no egress, set `probe.onReport: false` and leave `probe.interval` out: then nothing is tried, and this alert does not fire.',
      'If only one endpoint is probed and it is the one that is down, set `outbound.reference` to a URL that is certainly up: then this receiver can tell the two apart.',
    ],
  },
}

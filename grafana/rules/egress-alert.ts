import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of, RELEASE } from './promql.ts'
import { KUBECTL, kubernetes, program, promql } from './text.ts'

/** Whether the receiver's own probes are conclusive at all. */
export const EGRESS_ALERT: Alert = {
  alert: 'WebhookEgressDown',
  why: 'Held between attempts: without a canary or scheduled probes, only failing endpoints are probed.',
  expr: `min by (${RELEASE}) (max_over_time(${of(SIGNALS.egressUp.name)}[5m])) == 0`,
  for: '5m',
  severity: 'warning',
  wakes: 'No: reports still page. Only what probes would add is missing.',
  summary: 'Webhook error receiver has no egress',
  description:
    '{{ $labels.job }} could not resolve or reach any external address it tried. Until this is fixed, its probes are ignored: incidents show what the platform reported, unverified, and close without confirmed recovery.',
  dashboard: 'exporter',
  runbook: {
    meaning:
      'Every probe of a public endpoint, the canary, and `outbound.reference` have failed in the resolve or connect phase for at least five minutes. Either the receiver has no DNS or egress, or everything it tried is down.',
    impact:
      'Reports are received, counted and paged as usual. Verdicts rely on the reports alone, availability and certificates of endpoints are unknown, and recovery cannot be confirmed.',
    diagnosis: [
      promql(
        'Which probes ran, and how did they fail?',
        'sum by (endpoint, result, cause) (increase(webhook_endpoint_probes_total{vantage="public"}[30m])) > 0',
      ),
      program(
        'DNS or egress? Probe a URL that is known to be up (failure in phase resolve: DNS; in phase connect: egress):',
        'probe https://example.com/',
      ),
      kubernetes(
        'which NetworkPolicies select the pod, and do they allow kube-dns (UDP and TCP 53) and the internet?',
        `${KUBECTL} get networkpolicies --output yaml`,
        'kubectl --namespace kube-system get pods --selector k8s-app=kube-dns',
      ),
    ],
    mitigation: [
      'DNS: restore CoreDNS, or allow port 53 in the NetworkPolicy.',
      'Egress: allow TCP 443 to the endpoints’ addresses in the NetworkPolicy, firewall or security group. Probes connect directly and do not use a forward proxy.',
      'If the receiver is not supposed to have egress, set `probe.onReport: false` and omit `probe.interval`. Nothing is probed then, and this alert does not fire.',
      'If the only probed endpoint is down, set `outbound.reference` to a URL that is known to be up, so that the receiver can tell a dead endpoint from missing egress.',
    ],
  },
}

import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of, RELEASE } from './promql.ts'
import { KUBECTL, kubernetes, program, promql } from './text.ts'

/** Whether the receiver's own probes are conclusive at all. */
export const EGRESS_ALERT: Alert = {
  alert: 'WebhookEgressDown',
  why: 'The receiver holds 0 until something outside answers, also while nothing is tried. The failures of one host never fire it.',
  expr: `min by (${RELEASE}) (max_over_time(${of(SIGNALS.egressUp.name)}[5m])) == 0`,
  for: '5m',
  severity: 'warning',
  wakes: 'No: reports still page. Only what probes would add is missing.',
  summary: 'Webhook error receiver has no egress',
  description:
    '{{ $labels.job }} has no route, no resolver, or several independent hosts fell silent at once. Until something outside answers, its probes are ignored: incidents show what the platform reported, unverified, and close without proof.',
  dashboard: 'exporter',
  runbook: {
    meaning:
      'Nothing outside answered for at least five minutes, and that shows that the receiver is cut off: it has no route, no resolver answers, or more than one independent host (endpoint, canary, `outbound.reference`) fell silent. A single host that is down does not fire this alert; a refused connection is an answer. It resolves when anything outside answers.',
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
      'With a single endpoint, set `outbound.reference` to a URL that is known to be up (allow it in the NetworkPolicy). The receiver asks it when nothing else answers, and so can tell an endpoint that is down from missing egress.',
    ],
  },
}

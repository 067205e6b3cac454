import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, of, RELEASE } from './promql.ts'
import { KUBECTL, kubernetes, program, promql, RESTART } from './text.ts'

const scheduled = of(SIGNALS.probes.name, 'trigger="scheduled"')

/** Whether the receiver's own probes are conclusive at all, and run. */
export const EGRESS_ALERT: Alert = {
  alert: 'WebhookEgressDown',
  why: 'The receiver holds 0 until something outside answers, also while nothing is tried. The failures of one host never fire it. Probes that stopped are counted by endpoint, with counters, because the receiver’s clock may change; at least four are expected in a quarter of an hour. Evaluated every minute, it fires within five.',
  expr: `min by (${RELEASE}) (max_over_time(${of(SIGNALS.egressUp.name)}[5m])) == 0
or
count by (${RELEASE}) (
  sum by (${ENDPOINT}) (increase(${scheduled}[15m])) == 0
  and
  sum by (${ENDPOINT}) (increase(${scheduled}[6h])) > 108 # threshold
)`,
  for: '4m',
  severity: 'warning',
  wakes: 'No: reports still page. Only what probes would add is missing.',
  summary: 'Webhook error receiver cannot probe',
  description:
    '{{ if $value }}{{ $labels.job }} has stopped probing {{ $value }} of its endpoints, although it is up: no scheduled probe for a quarter of an hour. Their availability and certificates are not known, and their incidents may not close.{{ else }}{{ $labels.job }} reaches nothing outside: no route, no resolver, or several hosts silent at once. Reports still page. Its probes are ignored until something answers: incidents show what the platform reported, unverified, and close without proof.{{ end }}',
  annotations: {
    headline: '{{ if $value }}scheduled probes stopped{{ else }}webhook error receiver has no egress{{ end }}',
  },
  dashboard: 'exporter',
  replaces: ['WebhookProbesStale'],
  runbook: {
    meaning:
      'No egress: nothing outside answered for about five minutes, and that shows that the receiver is cut off: it has no route, no resolver answers, or more than one independent host (endpoint, canary, `outbound.reference`) fell silent. A single host that is down does not fire this alert; a refused connection is an answer. It resolves when anything outside answers. Or probes stopped: the receiver is up, but has not run a scheduled probe of some endpoints for a quarter of an hour. That covers endpoints with more than 108 probes in six hours (one every 200 seconds).',
    impact:
      'Reports are received, counted and paged as usual. Verdicts rely on the reports alone, availability and certificates of endpoints are unknown, and recovery cannot be confirmed.',
    diagnosis: [
      promql(
        'No egress, or did probes stop? (0: the endpoint is no longer probed; all of them, or one?)',
        'sum by (endpoint) (increase(webhook_endpoint_probes_total{trigger="scheduled"}[15m]))',
      ),
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
      'Probes stopped: with PostgreSQL, one replica probes at a time, and the logs show which one is the leader. Is the process overloaded (`nodejs_eventloop_lag_p99_seconds`)? Otherwise save the log for a bug report, then restart the receiver.',
      RESTART,
      'With a single endpoint, set `outbound.reference` to a URL that is known to be up (allow it in the NetworkPolicy). The receiver asks it when nothing else answers, and so can tell an endpoint that is down from missing egress.',
    ],
  },
}

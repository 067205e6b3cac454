import { SIGNALS } from '../signals.ts'
import { lastScrape } from './annotations.ts'
import type { Alert } from './model.ts'
import { of, RELEASE } from './promql.ts'
import { CONDITIONS, either, KUBECTL, kubernetes, LOGS, PODS, promql, RESTART, sh } from './text.ts'

const up = of('up')
const buildInfo = of(SIGNALS.buildInfo.name)

/** The receiver itself. */
export const RECEIVER_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookReceiverDown',
    why: 'One outage, one alert: none of its targets answers; no target is left, or something else answers in its place; it crashes again and again; it was never scraped (absent() takes its labels from the selector, where the chart sets job and namespace). keep_firing_for bridges the change from one to another.',
    expr: `max by (${RELEASE}) (${up}) == 0
or
(
  group by (${RELEASE}) (last_over_time(${up}[1d]))
  unless
  group by (${RELEASE}) (last_over_time(${buildInfo}[5m]))
)
or
max by (${RELEASE}) (increase(${of(SIGNALS.restarts.name)}[15m])) >= 3
or
max by (${RELEASE}) (changes(${of('process_start_time_seconds')}[15m])) >= 3
or
(
  absent(${buildInfo})
  unless on (job)
  last_over_time(${up}[1d])
)`,
    for: '2m',
    keepFiringFor: '3m',
    severity: 'critical',
    wakes: 'Reports are lost or refused, and no failing endpoint pages any more.',
    summary: 'Webhook error receiver down',
    description: `Prometheus gets no metrics from {{ $labels.job }}: it is down, crash-looping, not installed, or not scraped.{{ range query (printf "max(increase(${SIGNALS.memoryKills.name}{cluster=%q, namespace=%q, job=%q}[15m])) > 0" $labels.cluster $labels.namespace $labels.job) }} The kernel killed it for memory: raise resources.limits.memory.{{ end }} Failing deliveries may go unnoticed.`,
    annotations: { since: lastScrape, unobserved_since: lastScrape },
    dashboard: 'exporter',
    inhibits: [
      {
        why: 'A receiver that is down knows nothing new: every other alert is a symptom, except incidents that were already open.',
        targets: 'Webhook.+',
        not: 'WebhookReceiverDown|WebhookEndpointDisabled|WebhookEndpointFailing|WebhookManyEndpointsFailing',
        same: [],
      },
    ],
    replaces: ['WebhookReceiverAbsent', 'WebhookReceiverNotScraped', 'WebhookSidecarCrashing'],
    runbook: {
      meaning: `One of these has been true for two minutes:

- Prometheus has targets for the receiver and can scrape none of them.
- No target has exposed \`webhook_exporter_build_info\` under this release’s job for five minutes: it was removed, Prometheus no longer selects it, or another service answers in its place.
- The process was restarted at least three times within 15 minutes.`,
      impact:
        'Reports from the platform are lost or answered 503. Failing endpoints go unnoticed, and a lack of alerts does not mean that deliveries succeed.',
      diagnosis: [
        PODS,
        either(
          'Why did the last process exit? Exit code 2: the last line names the configuration error.',
          [
            `${KUBECTL} logs --selector "$PODS" --container webhook-error-exporter --prefix --previous --tail=50`,
            `${KUBECTL} logs --selector "$PODS" --container webhook-error-exporter --prefix --tail=50`,
          ],
          ['journalctl --unit webhook-error-exporter --lines 50'],
        ),
        promql('Which targets are down? The error is on Prometheus’ targets page:', 'up{job="JOB"}'),
        promql('Is it scraped under another job?', 'count by (namespace, job) (webhook_exporter_build_info)'),
        kubernetes(
          'does a monitor exist, and does Prometheus select it? Compare its labels with `serviceMonitorSelector`:',
          `${KUBECTL} get servicemonitors,podmonitors --show-labels`,
          `kubectl get prometheuses --all-namespaces --output jsonpath='{range .items[*]}{.metadata.name}{" "}{.spec.serviceMonitorSelector}{" "}{.spec.podMonitorSelector}{"\\n"}{end}'`,
        ),
        promql(
          'Sidecar: was the service killed for memory? The kubelet does not show it; the log says `service was killed for memory` and what it needs:',
          'webhook_exporter_oom_kills_total > 0',
        ),
        kubernetes(
          'is it close to its memory limit? `OOMKilled` in the last state says so:',
          `${KUBECTL} get pods --selector "$PODS" --output json | jq '.items[].status | .initContainerStatuses[]?, .containerStatuses[] | select(.name == "webhook-error-exporter") | {restartCount, lastState}'`,
        ),
      ],
      mitigation: [
        'Configuration error: correct it. Check the change before you apply it: `npx webhook-error-exporter check-config`.',
        'Pending: check volume, node and quota. A volume still attached to another node requires the old pod to be deleted.',
        'Killed at its memory limit: raise `resources.limits.memory`. A stack trace before each exit: report it as a bug and roll back to the previous version. `another process listens there`: change `config.ingest.port` or `config.admin.port`.',
        'The pods run, but Prometheus cannot scrape them: check the NetworkPolicy, the metrics token in the monitor, and the labels that Prometheus selects (`monitoring.labels`). Scraped under another job: set `monitoring.job` to it. Removed on purpose: remove the rules as well.',
        RESTART,
        'Afterwards, get the platform’s own list of failed deliveries for the time the receiver was down.',
      ],
    },
  },
  {
    alert: 'WebhookConfigInvalid',
    why: 'Sidecar: the kubelet does not see it because the container keeps running, so a rollout succeeds and this is the first word of it: it has to come within a minute of the first scrape. Tokens: the last valid ones remain in use.',
    expr: `label_replace(
  min by (${RELEASE}) (${of(SIGNALS.configValid.name)}) == 0,
  "severity", "critical", "", ""
)
or
label_replace(
  sum by (${RELEASE}, source) (increase(${of(SIGNALS.credentialsReloadFailures.name)}[15m])) > 0,
  "severity", "warning", "", ""
)`,
    for: '30s',
    severity: 'critical',
    severityLabel: '{{ $labels.severity }}',
    wakes:
      'A sidecar without a valid configuration refuses every report. A token file that cannot be read is a warning.',
    summary: 'Configuration or token file invalid',
    description:
      '{{ if $labels.source }}The tokens of {{ $labels.source }} could not be reloaded. The last valid ones remain in use: new tokens are refused, revoked ones are still accepted.{{ else }}The configuration of {{ $labels.job }} is invalid. Every report is answered 503 until it is corrected; the platform may not send them again.{{ end }}',
    dashboard: 'exporter',
    inhibits: [
      {
        why: 'Without a valid configuration, nothing can be recorded.',
        targets: 'WebhookReportsNotRecorded',
        severity: 'critical',
        same: [],
      },
    ],
    replaces: ['WebhookCredentialsReloadFailed'],
    runbook: {
      meaning:
        'Critical: the sidecar found its configuration invalid when it started; a missing Secret of the journal counts. It keeps running so that the application stays ready, and reloads the file every two seconds. Warning: a token file could not be read or contains an invalid token.',
      impact:
        'Critical: no report is recorded, so failing endpoints go unnoticed. Warning: token rotation does not take effect, and after a restart there may be no token at all.',
      diagnosis: [
        CONDITIONS,
        LOGS('What is invalid?', 'configuration invalid|token'),
        promql('How many errors, and in which pod?', 'webhook_exporter_config_errors > 0'),
        kubernetes(
          'which keys does the Secret with the tokens have? (Its name is in `tokens.existingSecret`.)',
          `${KUBECTL} get secret "$JOB-tokens" --output json | jq '.data | keys'`,
        ),
      ],
      mitigation: [
        'Correct the configuration. A corrected ConfigMap reaches the pod within about a minute; no restart is needed. If the error names an environment variable, correct it in the pod’s manifest; this replaces the pod.',
        'Correct the token file: one token per line, without spaces. It is reloaded automatically.',
        sh('Next time, check the change before you apply it:', 'npx webhook-error-exporter check-config'),
      ],
    },
  },
]

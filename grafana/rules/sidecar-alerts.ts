import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of } from './promql.ts'
import { CONDITIONS, LOGS, PODS, promql, sh } from './text.ts'

/** What the kubelet does not see in the sidecar form, where the container keeps running. */
export const SIDECAR_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookConfigInvalid',
    expr: `min by (namespace, job) (${of(SIGNALS.configValid.name)}) == 0`,
    for: '2m',
    severity: 'critical',
    summary: 'A sidecar runs without a valid configuration',
    description:
      'The configuration of {{ $labels.job }} is invalid. Every report is answered 503 until it is corrected; the platform may never send them again.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'The sidecar read an invalid configuration when it started. It keeps running, so that the application stays ready, and reads the file again every two seconds.',
      impact: 'Nothing is recorded, and no failing endpoint is noticed.',
      diagnosis: [
        CONDITIONS,
        LOGS('Which errors?', 'configuration invalid'),
        promql('How many, and in which pod?', 'webhook_exporter_config_errors > 0'),
      ],
      mitigation: [
        'Correct the configuration. A corrected ConfigMap reaches the pod within about a minute; no restart is needed.',
        'The error names an environment variable: correct the pod’s manifest, which replaces the pod.',
        'Check the next change first: `/nodejs/bin/node /app/src/main.ts check-config`.',
      ],
    },
  },
  {
    alert: 'WebhookSidecarCrashing',
    expr: `sum by (namespace, job) (increase(${of(SIGNALS.restarts.name)}[15m])) >= 3 # threshold`,
    severity: 'warning',
    summary: 'A sidecar crashes again and again',
    description:
      'The service of {{ $labels.job }} was restarted {{ $value | printf "%.0f" }} times in 15 minutes. While it restarts, reports are refused.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'The supervisor of the sidecar form restarted the service. The kubelet does not count these restarts, since the container keeps running.',
      impact:
        'Reports that arrive during a restart find no listener; with repeated crashes the pause grows to 30 seconds.',
      diagnosis: [
        LOGS('How did it end?', 'service exited|no sign of life|uncaught'),
        sh(
          'Does it use more memory than it may?',
          'kubectl --namespace "$NAMESPACE" top pod --containers | grep webhook-error-exporter',
        ),
        PODS,
      ],
      mitigation: [
        '`SIGKILL` in the log and memory at the limit: raise `resources.limits.memory`.',
        'A stack trace before each end: report it as a bug, and go back to the version before.',
        '`another process listens there`: the application uses one of the ports; change `config.ingest.port` or `config.admin.port`.',
      ],
    },
  },
]

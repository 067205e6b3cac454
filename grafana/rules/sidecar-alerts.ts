import { SIGNALS } from '../signals.ts'
import type { Alert } from './model.ts'
import { of } from './promql.ts'
import { CONDITIONS, LOGS, PODS, promql, sh } from './text.ts'

/** Faults of the sidecar form that the kubelet does not see because the container keeps running. */
export const SIDECAR_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookConfigInvalid',
    expr: `min by (namespace, job) (${of(SIGNALS.configValid.name)}) == 0`,
    for: '2m',
    severity: 'critical',
    summary: 'Sidecar configuration invalid',
    description:
      'The configuration of {{ $labels.job }} is invalid. Every report is answered 503 until it is corrected; the platform may not send them again.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'The sidecar found its configuration invalid when it started. It keeps running so that the application stays ready, and reloads the file every two seconds.',
      impact: 'No report is recorded, so failing endpoints go unnoticed.',
      diagnosis: [
        CONDITIONS,
        LOGS('What is invalid?', 'configuration invalid'),
        promql('How many errors, and in which pod?', 'webhook_exporter_config_errors > 0'),
      ],
      mitigation: [
        'Correct the configuration. A corrected ConfigMap reaches the pod within about a minute; no restart is needed.',
        'If the error names an environment variable, correct it in the pod’s manifest; this replaces the pod.',
        'Next time, check the change before you apply it: `/nodejs/bin/node /app/src/main.ts check-config`.',
      ],
    },
  },
  {
    alert: 'WebhookSidecarCrashing',
    expr: `sum by (namespace, job) (increase(${of(SIGNALS.restarts.name)}[15m])) >= 3 # threshold`,
    severity: 'warning',
    summary: 'Sidecar crash-looping',
    description:
      'The service of {{ $labels.job }} was restarted {{ $value | printf "%.0f" }} times in 15 minutes. Reports are refused while it restarts.',
    dashboard: 'exporter',
    runbook: {
      meaning:
        'The sidecar’s supervisor restarted the service repeatedly. The kubelet does not count these restarts because the container keeps running.',
      impact:
        'Reports that arrive during a restart are refused. With repeated crashes, the back-off grows to 30 seconds.',
      diagnosis: [
        LOGS('Why did it exit?', 'service exited|no sign of life|uncaught'),
        sh(
          'Is it close to its memory limit?',
          'kubectl --namespace "$NAMESPACE" top pod --containers | grep webhook-error-exporter',
        ),
        PODS,
      ],
      mitigation: [
        '`SIGKILL` in the log with memory at the limit: raise `resources.limits.memory`.',
        'A stack trace before each exit: report it as a bug and roll back to the previous version.',
        '`another process listens there`: the application uses the same port; change `config.ingest.port` or `config.admin.port`.',
      ],
    },
  },
]

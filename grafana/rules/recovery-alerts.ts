import { SIGNALS } from '../signals.ts'
import { apiAnnotations } from './annotations.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, of, RELEASE, withTeam } from './promql.ts'
import { exporter, LOGS, program, promql, sh } from './text.ts'

const oldest = of(SIGNALS.recoveryOldestOpen.name)
const overdueAfter = of(SIGNALS.recoveryOverdueAfter.name)

/** What was lost and is not restored yet, and what should have started the restoring. */
export const RECOVERY_ALERTS: readonly Alert[] = [
  {
    alert: 'WebhookRecoveryOverdue',
    why: 'A ratio to recovery.overdueAfter, so that the alert follows the configuration. It outlives a restart, after which the journal is yet to be read.',
    expr: withTeam(`(
  time() - min by (${ENDPOINT}) (${oldest})
)
/ on (${RELEASE}) group_left ()
max by (${RELEASE}) (${overdueAfter}) > 1 # threshold`),
    for: '1m',
    keepFiringFor: '10m',
    severity: 'warning',
    wakes: 'No: the outage is over. What it lost must be restored within a working day.',
    summary: 'Lost deliveries not restored in time',
    description:
      'An incident of {{ if eq $labels.endpoint "other" }}an endpoint beyond the 500 that are tracked{{ else }}{{ $labels.endpoint }}{{ end }} closed, and what it lost has not been restored within recovery.overdueAfter. Until then the data behind the endpoint is incomplete.',
    annotations: apiAnnotations(
      '/api/v1/incidents?recovery=unfinished{{ if ne $labels.endpoint "other" }}&endpoint={{ $labels.endpoint | urlquery }}{{ end }}',
    ),
    dashboard: 'overview',
    runbook: {
      meaning:
        'An incident has closed with failures or after the endpoint was disabled, and its recovery is neither `finished` nor `not_needed` after `recovery.overdueAfter` (4 hours by default). No job has begun, a job hangs, or it failed.',
      impact:
        'Deliveries of the loss window may still be missing from your data. The platform does not send them again. Retention keeps the incident until its recovery is finished.',
      diagnosis: [
        program('Which incidents, and what did their jobs report?', 'recovery list'),
        sh(
          'Read the recovery of one of them: `status`, the tenants that failed, and its history:',
          'api "$API/api/v1/incidents?recovery=unfinished" | jq \'.incidents[] | {id, endpoint, closedAt, recovery}\'',
        ),
        promql(
          'Was the event that starts the job delivered?',
          'sum by (hook, event, result) (increase(webhook_hook_deliveries_total[1d])) > 0',
        ),
        'Status `open`: no job has reported. Look for the job where the hook’s receiver starts it (JobSink, Sensor, pipeline), and read its log.',
        'Status `failed`: `detail` and `tenants` say what could not be restored, for example a token that the platform refuses.',
      ],
      mitigation: [
        program(
          'Start the job again: request the recovery, which sends `recovery.requested` to the hooks:',
          'recovery request INCIDENT',
        ),
        sh(
          'Or run the job manually; it skips what was restored before:',
          'node examples/recovery/recover-retm.mjs --incident INCIDENT --service "$API" --service-token TOKEN_FILE --tokens DIR --deliver URL',
        ),
        program(
          'If it was restored in another way, or there is nothing to restore, record that.',
          'recovery done INCIDENT --detail "restored manually"',
        ),
        'If the loss window begins at an unknown time, add `--from TIME`: begin where your own data ends.',
      ],
    },
  },
  {
    alert: 'WebhookHookFailing',
    why: 'Given up is counted once for each event; an event that has waited for hours will be given up next.',
    expr: `sum by (${RELEASE}, hook) (increase(${of(SIGNALS.hookDeliveries.name, 'result="given_up"')}[1h])) > 0 # threshold
or
max by (${RELEASE}, hook) (${of(SIGNALS.hookOldestPending.name)}) > 14400`,
    severity: 'warning',
    wakes: 'No: the incidents themselves page. Only the receiver is missing events.',
    summary: 'Hook does not accept events',
    description:
      'The hook {{ $labels.hook }} of {{ $labels.job }} has not accepted an event for hours, or an event was given up. What it would have started, such as a recovery, has not been started.',
    annotations: apiAnnotations('/api/v1/incidents?recovery=unfinished'),
    dashboard: 'exporter',
    runbook: {
      meaning:
        'An event was given up in the last hour, after 24 hours of attempts or because the receiver answered 410; or the oldest event has waited for more than four hours.',
      impact:
        'The receiver does not know of the incident. If it starts recoveries, they stay `open`, and WebhookRecoveryOverdue follows.',
      diagnosis: [
        LOGS('What happened to the attempts?', 'hook event'),
        promql(
          'Which events, and since when?',
          'sum by (hook, event, result) (increase(webhook_hook_deliveries_total[1d])) > 0',
        ),
        program('Send a signed `webhook.test` (exit 0: accepted, 1: not):', 'hook-test HOOK'),
      ],
      mitigation: [
        'Repair the receiver: it must answer 2xx within `timeout`, without a redirect. Waiting events are then delivered automatically.',
        '401 or 403: compare the secret (`hooks[].secret`) or token on both sides. Both are read again for each attempt.',
        'Blocked: the URL leads to a link-local address or a metadata service, which hooks never connect to.',
        sh(
          'Events that were given up are not sent again. Request the recoveries that are still open:',
          exporter('recovery list'),
          exporter('recovery request INCIDENT'),
        ),
      ],
    },
  },
]

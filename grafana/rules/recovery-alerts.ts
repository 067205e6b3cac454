import { SIGNALS } from '../signals.ts'
import { apiAnnotations } from './annotations.ts'
import type { Alert } from './model.ts'
import { ENDPOINT, indent, JOB, of, RELEASE, withTeam } from './promql.ts'
import { LOGS, program, promql, sh } from './text.ts'

const oldest = of(SIGNALS.recoveryOldestOpen.name)
const overdueAfter = of(SIGNALS.recoveryOverdueAfter.name)
const NAME = 'WebhookRecoveryOverdue'

const ofRelease = 'cluster=%q, namespace=%q, job=%q'
/** Up to five endpoints whose losses are not restored, for the message about a hook. */
const unrestored = `{{ if $labels.hook }}{{ range $index, $sample := query (printf "bottomk(5, min by (endpoint) (${SIGNALS.recoveryOldestOpen.name}{${ofRelease}}))" $labels.cluster $labels.namespace $labels.job) | sortByLabel "endpoint" }}{{ if $index }}, {{ end }}{{ label "endpoint" $sample }}{{ end }}{{ end }}`

/** What was lost and is not restored yet, or the hook that should have started it. */
export const RECOVERY_ALERTS: readonly Alert[] = [
  {
    alert: NAME,
    why: 'One message for a dead hook, which names the endpoints, instead of one for each of them. Given up is counted once for each event; an event that has waited for hours will be given up next. Otherwise a ratio to recovery.overdueAfter, so that the alert follows the configuration. It outlives a restart, after which the journal is yet to be read.',
    expr: `max by (${RELEASE}, hook) (${of(SIGNALS.hookOldestPending.name)}) > 14400
or
sum by (${RELEASE}, hook) (increase(${of(SIGNALS.hookDeliveries.name, 'result="given_up"')}[1h])) > 0
or
(
${indent(
  withTeam(`(
  time() - min by (${ENDPOINT}) (${oldest})
)
/ on (${RELEASE}) group_left ()
max by (${RELEASE}) (${overdueAfter}) > 1 # threshold`),
)}
  unless on (${RELEASE})
  ALERTS{${JOB}, alertname="${NAME}", hook!=""}
)`,
    for: '1m',
    keepFiringFor: '10m',
    severity: 'warning',
    wakes: 'No: the outage is over, or has paged. What was lost must be restored within a working day.',
    summary: 'Lost deliveries not restored in time',
    description:
      '{{ if $labels.hook }}The hook {{ $labels.hook }} of {{ $labels.job }} {{ if gt $value 14400.0 }}has not accepted an event for {{ $value | humanizeDuration }}{{ else }}did not accept an event, which was given up{{ end }}. What it would have started, such as a recovery, has not been started.{{ else }}An outage of {{ if eq $labels.endpoint "other" }}an endpoint beyond the 500 that are tracked{{ else }}{{ $labels.endpoint }}{{ end }} is over, but the deliveries that it lost are not restored in time (recovery.overdueAfter): your data is incomplete. Start the recovery again, or record that it is done.{{ end }}',
    annotations: {
      headline:
        '{{ if $labels.hook }}hook {{ $labels.hook }} does not accept events{{ else }}lost deliveries not restored in time{{ end }}',
      endpoints: unrestored,
      ...apiAnnotations(
        '/api/v1/incidents?recovery=unfinished{{ if and $labels.endpoint (ne $labels.endpoint "other") }}&endpoint={{ $labels.endpoint | urlquery }}{{ end }}',
      ),
    },
    dashboard: 'overview',
    replaces: ['WebhookHookFailing'],
    runbook: {
      meaning:
        'With a label `hook`: an event was given up in the last hour, after 24 hours of attempts or because the receiver answered 410, or the oldest event has waited for more than four hours. While that lasts, there is no alert for each endpoint; the annotation `endpoints` names up to five. Without it: an incident has closed with failures or after the endpoint was disabled, and its recovery is neither `finished` nor `not_needed` after `recovery.overdueAfter` (4 hours by default). No job has begun, a job hangs, or it failed.',
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
        LOGS('If not: what happened to the attempts?', 'hook event'),
        program('Send a signed `webhook.test` to the hook (exit 0: accepted, 1: not):', 'verify --hook HOOK'),
        'Status `open`: no job has reported. Look for the job where the hook’s receiver starts it (JobSink, Sensor, pipeline), and read its log.',
        'Status `failed`: `detail` and `tenants` say what could not be restored, for example a token that the platform refuses.',
      ],
      mitigation: [
        'Hook: repair its receiver, which must answer 2xx within `timeout`, without a redirect. Waiting events are then delivered automatically; those that were given up are not. 401 or 403: compare the secret (`hooks[].secret`) or token on both sides, which are read again for each attempt. Blocked: the URL leads to a link-local address or a metadata service, which hooks never connect to.',
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
]

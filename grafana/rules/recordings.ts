import { SIGNALS } from '../signals.ts'
import { DETAIL_RECORDINGS } from './incident-details.ts'
import type { Recording } from './model.ts'
import { creditedFailures, ENDPOINT, increment, of, process, REAL, RELEASE } from './promql.ts'

/** How often the rules are evaluated; burn rates are evaluated every minute. */
export const INTERVAL = '15s'

const open = of(SIGNALS.incidentOpen.name)
const journalUp = of(SIGNALS.journalUp.name)
const disabled = of(SIGNALS.endpointDisabled.name)
const info = of(SIGNALS.endpointInfo.name)

const DISABLED_CURRENT = 'namespace_job_endpoint_source:webhook_endpoint_disabled:current'
const INCIDENT_CURRENT = 'namespace_job_endpoint:webhook_incident_open:current'
const INFO_NEWEST = 'namespace_job_endpoint:webhook_endpoint_info:newest'
const REPORT_INCREMENT = `instance:webhook_exporter_reports:increase${INTERVAL}`

export const ENDPOINT_RECORDINGS: readonly Recording[] = [
  {
    record: INCIDENT_CURRENT,
    why: 'What the receiver says now. A 0 of a process that has not read its journal is no statement.',
    expr: `max by (${ENDPOINT}) (
  ${open} == 1
  or
  (
    ${open}
    unless on (${process.on}) (${journalUp} == 0)
  )
)`,
  },
  {
    record: SIGNALS.incidentHeld.name,
    why: 'The last statement is held through a gap or the replacement of a pod; through an hour without a receiver that can know better. The endpoint of acceptance tests is not held.',
    expr: `${of(INCIDENT_CURRENT)}
or
last_over_time(${of(INCIDENT_CURRENT, REAL)}[10m])
or
(
  last_over_time(${of(INCIDENT_CURRENT, REAL)}[1h])
  unless on (${RELEASE})
  (
    max by (${RELEASE}) (${of('up')}) == 1
    unless
    max by (${RELEASE}) (${journalUp}) == 0
  )
)`,
  },
  {
    record: DISABLED_CURRENT,
    expr: `max by (${ENDPOINT}, source) (
  ${disabled} == 1
  or
  (
    ${disabled}
    unless on (${process.on}) (${journalUp} == 0)
  )
)`,
  },
  {
    record: SIGNALS.endpointDisabledHeld.name,
    why: 'Held for as long as the incident is.',
    expr: `(
  ${of(DISABLED_CURRENT)}
  or
  last_over_time(${of(DISABLED_CURRENT)}[1h])
)
* on (${ENDPOINT}) group_left ()
(${of(SIGNALS.incidentHeld.name)} == 1)`,
  },
  {
    record: INFO_NEWEST,
    why: 'The value is the start of the process that says it, so that the newest configuration wins.',
    expr: `max by (${ENDPOINT}, team, severity, event) (
  ${info} * on (${process.on}) group_left () max by (${process.on}) (${of('process_start_time_seconds')})
  or
  ${info}
)`,
  },
  {
    record: SIGNALS.failureIncrease.name,
    why: 'Credits the first sample of a series that is born at 1, and no total that a restart restored.',
    expr: creditedFailures(10),
  },
  {
    record: SIGNALS.endpointInfoHeld.name,
    why: 'Exactly one series for each endpoint that anything is known of, so that no join with it can fail or suppress an alert.',
    expr: `topk by (${ENDPOINT}) (1, last_over_time(${of(INFO_NEWEST)}[1h])) > bool 0
or on (${ENDPOINT})
${of(SIGNALS.incidentHeld.name)} >= bool 0
or on (${ENDPOINT})
max by (${ENDPOINT}) (${of(SIGNALS.recoveryOldestOpen.name)}) >= bool 0`,
  },
  ...DETAIL_RECORDINGS,
]

export const RECEIVER_RECORDINGS: readonly Recording[] = [
  {
    record: REPORT_INCREMENT,
    why: 'Since the evaluation before. Resets, and first samples of a new process, count in full.',
    expr: increment(SIGNALS.reports.name, INTERVAL),
  },
  {
    record: SIGNALS.reportIncrease.name,
    why: 'A second less takes in the same values whether a range includes its own beginning (Prometheus 2) or not (3).',
    expr: `sum without (instance, pod) (sum_over_time(${of(REPORT_INCREMENT)}[599s]))`,
  },
]

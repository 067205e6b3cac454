import { SIGNALS } from '../signals.ts'
import type { Recording } from './model.ts'
import { credited, creditedFailures, ENDPOINT, of, process } from './promql.ts'

const open = of(SIGNALS.incidentOpen.name)
const journalUp = of(SIGNALS.journalUp.name)
const info = of(SIGNALS.endpointInfo.name)

const INCIDENT_CURRENT = 'namespace_job_endpoint:webhook_incident_open:current'
const INFO_NEWEST = 'namespace_job_endpoint:webhook_endpoint_info:newest'
const PROBE_INCREASE = 'namespace_job_endpoint_result:webhook_endpoint_probes:increase5m'
const PROBE_INCREASE_HOUR = 'namespace_job_endpoint_result:webhook_endpoint_probes:increase1h'

const BURN_WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const
export type BurnWindow = (typeof BURN_WINDOWS)[number]
/** The series that counts scheduled probes by the public way within the window. */
export const probesIn = (window: BurnWindow): string => `namespace_job_endpoint:webhook_endpoint_probes:count${window}`
/** The series of the part of them that failed, 0 to 1. */
export const downRatio = (window: BurnWindow): string =>
  `namespace_job_endpoint:webhook_endpoint_probes:down_ratio${window}`
/**
 * Long windows are put together from the values of shorter ones that do not overlap. A minute less takes in the same
 * values whether a range includes its own beginning (Prometheus 2) or not (3).
 */
const PARTS: Readonly<Record<Exclude<BurnWindow, '5m' | '1h'>, readonly [record: string, range: string]>> = {
  '30m': [PROBE_INCREASE, '29m:5m'],
  '2h': [PROBE_INCREASE, '119m:5m'],
  '6h': [PROBE_INCREASE, '359m:5m'],
  '1d': [PROBE_INCREASE_HOUR, '1439m:1h'],
  '3d': [PROBE_INCREASE_HOUR, '4319m:1h'],
}
const overWindow = (window: BurnWindow, ...matchers: readonly string[]): string => {
  if (window === '5m') return of(PROBE_INCREASE, ...matchers)
  if (window === '1h') return of(PROBE_INCREASE_HOUR, ...matchers)
  const [record, range] = PARTS[window]
  return `sum_over_time(${of(record, ...matchers)}[${range}])`
}

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
    why: 'The last statement is held through a gap or the replacement of a pod; through an hour without a receiver that can know better.',
    expr: `${of(INCIDENT_CURRENT)}
or
last_over_time(${of(INCIDENT_CURRENT)}[10m])
or
(
  last_over_time(${of(INCIDENT_CURRENT)}[1h])
  unless on (namespace, job)
  (
    max by (namespace, job) (${of('up')}) == 1
    unless
    max by (namespace, job) (${journalUp}) == 0
  )
)`,
  },
  {
    record: INFO_NEWEST,
    why: 'The value is the start of the process that says it, so that the newest configuration wins.',
    expr: `max by (${ENDPOINT}, team, severity) (
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
    record: PROBE_INCREASE,
    why: 'Scheduled probes by the public way alone: those after a failure or during an incident would count what is failing twice. A probe of a receiver that may itself be cut off says nothing.',
    expr: `sum by (${ENDPOINT}, result) (
  ${credited(SIGNALS.probes.name, ['trigger="scheduled"', 'vantage="public"', 'result=~"up|down"'], 5).replaceAll('\n', '\n  ')}
)`,
  },
  {
    record: SIGNALS.endpointInfoHeld.name,
    why: 'Exactly one series for each endpoint that anything is known of, so that no join with it can fail or suppress an alert.',
    expr: `topk by (${ENDPOINT}) (1, ${of(INFO_NEWEST)}) > bool 0
or on (${ENDPOINT})
topk by (${ENDPOINT}) (1, last_over_time(${of(INFO_NEWEST)}[1h])) > bool 0
or on (${ENDPOINT})
max by (${ENDPOINT}) (${of(SIGNALS.incidentHeld.name)}) >= bool 0
or on (${ENDPOINT})
sum by (${ENDPOINT}) (${of(SIGNALS.failureIncrease.name)}) >= bool 0
or on (${ENDPOINT})
sum by (${ENDPOINT}) (last_over_time(${of(PROBE_INCREASE)}[1h])) >= bool 0`,
  },
  {
    record: PROBE_INCREASE_HOUR,
    why: 'Long windows are put together from shorter ones that do not overlap: three days cost 72 samples.',
    expr: `sum_over_time(${of(PROBE_INCREASE)}[59m:5m])`,
  },
  ...BURN_WINDOWS.flatMap((window): Recording[] => [
    {
      record: probesIn(window),
      expr: `sum by (${ENDPOINT}) (${overWindow(window)})`,
    },
    {
      record: downRatio(window),
      expr: `sum by (${ENDPOINT}) (${overWindow(window, 'result="down"')}) / ${of(probesIn(window))}`,
    },
  ]),
]

export const RECEIVER_RECORDINGS: readonly Recording[] = [
  { record: SIGNALS.reportIncrease.name, expr: credited(SIGNALS.reports.name, [], 10) },
]

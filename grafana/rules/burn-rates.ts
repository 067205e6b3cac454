import { SIGNALS } from '../signals.ts'
import type { Recording } from './model.ts'
import { credited, ENDPOINT, indent, of } from './promql.ts'

/** Scheduled probes by the public way within five minutes, by result. */
export const PROBE_INCREASE = 'namespace_job_endpoint_result:webhook_endpoint_probes:increase5m'
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

/** What the burn-rate alerts compare. Windows of minutes to days need no evaluation every 15 seconds. */
export const BURN_RATE_RECORDINGS: readonly Recording[] = [
  {
    record: PROBE_INCREASE,
    why: 'Scheduled probes by the public way alone: those after a failure or during an incident would count what is failing twice. A probe of a receiver that may itself be cut off says nothing.',
    expr: `sum by (${ENDPOINT}, result) (
${indent(credited(SIGNALS.probes.name, ['trigger="scheduled"', 'vantage="public"', 'result=~"up|down"'], 5))}
)`,
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

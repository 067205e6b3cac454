import { SIGNALS } from '../signals.ts'
import type { Recording } from './model.ts'
import { credited, ENDPOINT, indent, of } from './promql.ts'

/** Scheduled probes by the public way within five minutes, by result. */
export const PROBE_INCREASE = 'namespace_job_endpoint_result:webhook_endpoint_probes:increase5m'
/** Deliveries within five minutes, by result, of all sources. */
const DELIVERY_INCREASE = 'namespace_job_endpoint_result:webhook_endpoint_deliveries:increase5m'

const BURN_WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const
export type BurnWindow = (typeof BURN_WINDOWS)[number]

/** Events of which some are bad, and the series that are recorded of them for each window. */
export interface Budget {
  /** The series that counts events within the window. */
  readonly count: (window: BurnWindow) => string
  /** The series of the part of them that was bad, 0 to 1. */
  readonly ratio: (window: BurnWindow) => string
}
interface BudgetSource extends Budget {
  /** Events within five minutes, by `result`. */
  readonly increase: string
  readonly bad: string
}

/** Scheduled probes by the public way; those that find the endpoint down are bad. */
export const PROBES: BudgetSource = {
  increase: PROBE_INCREASE,
  bad: 'result="down"',
  count: (window) => `namespace_job_endpoint:webhook_endpoint_probes:count${window}`,
  ratio: (window) => `namespace_job_endpoint:webhook_endpoint_probes:down_ratio${window}`,
}
/** Deliveries, of all sources that report successes; those that failed in the end are bad. */
export const DELIVERIES: BudgetSource = {
  increase: DELIVERY_INCREASE,
  bad: 'result="failure"',
  count: (window) => `namespace_job_endpoint:webhook_deliveries:count${window}`,
  ratio: (window) => `namespace_job_endpoint:webhook_deliveries:error_ratio${window}`,
}

const hourly = ({ increase }: BudgetSource): string => increase.replace(/5m$/, '1h')
/**
 * Long windows are put together from the values of shorter ones that do not overlap. A minute less takes in the same
 * values whether a range includes its own beginning (Prometheus 2) or not (3).
 */
const RANGES: Readonly<Record<Exclude<BurnWindow, '5m' | '1h'>, string>> = {
  '30m': '29m:5m',
  '2h': '119m:5m',
  '6h': '359m:5m',
  '1d': '1439m:1h',
  '3d': '4319m:1h',
}
function overWindow(source: BudgetSource, window: BurnWindow, ...matchers: readonly string[]): string {
  if (window === '5m') return of(source.increase, ...matchers)
  if (window === '1h') return of(hourly(source), ...matchers)
  const record = RANGES[window].endsWith(':1h') ? hourly(source) : source.increase
  return `sum_over_time(${of(record, ...matchers)}[${RANGES[window]}])`
}

const windows = (source: BudgetSource): readonly Recording[] => [
  {
    record: hourly(source),
    why: 'Long windows are put together from shorter ones that do not overlap: three days cost 72 samples.',
    expr: `sum_over_time(${of(source.increase)}[59m:5m])`,
  },
  ...BURN_WINDOWS.flatMap((window): Recording[] => [
    { record: source.count(window), expr: `sum by (${ENDPOINT}) (${overWindow(source, window)})` },
    {
      record: source.ratio(window),
      expr: `sum by (${ENDPOINT}) (${overWindow(source, window, source.bad)}) / ${of(source.count(window))}`,
    },
  ]),
]

/** Of what there was, how much succeeded; 0 if nothing did. */
const successRatio = (all: (...matchers: readonly string[]) => string): string => `(
  sum by (${ENDPOINT}) (${all('result="success"')})
  or
  0 * sum by (${ENDPOINT}) (${all()})
)
/
(sum by (${ENDPOINT}) (${all()}) > 0)`

/** What the burn-rate alerts compare. Windows of minutes to days need no evaluation every 15 seconds. */
export const BURN_RATE_RECORDINGS: readonly Recording[] = [
  {
    record: PROBE_INCREASE,
    why: 'Scheduled probes by the public way alone: those after a failure or during an incident would count what is failing twice. A probe of a receiver that may itself be cut off says nothing.',
    expr: `sum by (${ENDPOINT}, result) (
${indent(credited(SIGNALS.probes.name, ['trigger="scheduled"', 'vantage="public"', 'result=~"up|down"'], 5))}
)`,
  },
  ...windows(PROBES),
  {
    record: SIGNALS.deliveryRate.name,
    why: 'Per second. An ingress that counts deliveries can record the same name with the same labels (docs/proxy.md): everything below then counts them, too.',
    expr: `sum by (${ENDPOINT}, source, result, code) (
${indent(credited(SIGNALS.endpointDeliveries.name, [], 5))}
) / 300`,
  },
  {
    record: DELIVERY_INCREASE,
    expr: `sum by (${ENDPOINT}, result) (${of(SIGNALS.deliveryRate.name)}) * 300`,
  },
  {
    record: SIGNALS.effectiveRatio.name,
    why: 'Effective: what the platform saw.',
    expr: successRatio((...matchers) => of(DELIVERY_INCREASE, ...matchers)),
  },
  {
    record: SIGNALS.actualRatio.name,
    why: 'Actual: what the application did, retries not counted in its favour.',
    expr: successRatio((...matchers) => `rate(${of(SIGNALS.deliveryAttempts.name, ...matchers)}[5m])`),
  },
  ...windows(DELIVERIES),
]

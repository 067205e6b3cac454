import { STEP, series, type Value } from '../series.ts'
import type { Case } from './case.ts'

const orders = { endpoint: 'orders' }
const SALES = { ...orders, team: 'sales', severity: 'warning' }
const MINUTE = 60

/** One process that passes deliveries on: from `since` until it is replaced, in ticks. */
interface Process {
  readonly pod: string
  readonly since: number
  readonly until: number
}
/** Ticks for which a pod is not scraped while it is replaced. */
const AWAY = 4

/** Processes of one pod after another, each for so many ticks; or of the same pod, which restarts. */
const lifetimes = (name: string, ticks: number, each: number, keepsName = false): Process[] =>
  Array.from({ length: Math.ceil(ticks / each) }, (_, index) => ({
    pod: keepsName ? name : `${name}-${index}`,
    since: index * each,
    until: Math.min(ticks, (index + 1) * each),
  }))

/** Series of these processes. A counter starts at 0 with each; what is not scraped leaves no sample. */
function exposed(
  ticks: number,
  processes: readonly Process[],
  rows: readonly {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    /** The value so many ticks after the start of the process. */
    readonly value: (age: number, process: Process) => number
  }[],
): Record<string, Value[]> {
  const result: Record<string, Value[]> = {}
  for (const process of processes)
    for (const { name, labels, value } of rows) {
      const key = series(name, labels, process.pod, `10.0.0.1:${process.pod}`)
      const row = result[key] ?? Array<Value>(ticks).fill(null)
      result[key] = row
      const first = process.since === 0 ? 0 : process.since + AWAY
      for (let tick = first; tick < process.until; tick++) row[tick] = value(tick - process.since, process)
      // Prometheus ends the series with the first scrape that fails.
      if (process.until < ticks) row[process.until] = 'stale'
    }
  return result
}

const target = (step = STEP) => [
  { name: 'up', labels: {}, value: () => 1 },
  { name: 'process_start_time_seconds', labels: {}, value: (_: number, { since }: Process) => since * step },
  ...['orders', 'menu'].map((endpoint) => ({
    name: 'webhook_endpoint_info',
    labels: { endpoint, event: '', team: 'sales', severity: 'warning' },
    value: () => 1,
  })),
]

/** Histogram rows. @param perTick deliveries per tick, all in the bucket up to `seconds` */
const durations = (
  perTick: (process: Process) => number,
  seconds: (process: Process) => number,
  endpoint = 'orders',
) => [
  ...['0.25', '0.5', '0.75', '1', '+Inf'].map((le) => ({
    name: 'webhook_endpoint_delivery_duration_seconds_bucket',
    labels: { endpoint, le },
    value: (age: number, process: Process) =>
      le === '+Inf' || Number(le) >= seconds(process) ? Math.floor(age * perTick(process)) : 0,
  })),
  { name: 'webhook_endpoint_delivery_patience_seconds', labels: { endpoint }, value: () => 1 },
]

/** So many deliveries per tick, and how many of them failed. */
const delivered = (success: (process: Process) => number, failure: (process: Process) => number, endpoint = 'orders') =>
  (
    [
      ['success', '200', success],
      ['failure', '503', failure],
    ] as const
  ).map(([result, code, rate]) => ({
    name: 'webhook_endpoint_deliveries_total',
    labels: { endpoint, source: 'proxy', result, code },
    value: (age: number, process: Process) => Math.floor(age * rate(process)),
  }))

const isBad = ({ pod }: Process) => pod.startsWith('b')
/** Deliveries to menu: so few that they are never judged, although every one at the bad pod fails. */
const few = (perTick: number) =>
  delivered(
    (process) => (isBad(process) ? 0 : perTick),
    (process) => (isBad(process) ? perTick : 0),
    'menu',
  )

const slow: readonly Case[] = [
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'on while the only replica restarts',
    series: exposed(240, lifetimes('w-0', 240, 120, true), [
      ...target(),
      ...durations(
        () => 1,
        () => 0.75,
      ),
    ]),
    fires: '20m',
    labels: SALES,
    end: '59m',
  },
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'when one of two replicas is slow, on while both are replaced',
    series: exposed(
      240,
      [...lifetimes('a', 240, 120), ...lifetimes('b', 240, 110)],
      [
        ...target(),
        ...durations(
          () => 1,
          (process) => (isBad(process) ? 0.75 : 0.25),
        ),
      ],
    ),
    fires: '17m30s',
    labels: SALES,
    end: '59m',
  },
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'when two replicas together have 20 deliveries in 15 minutes, not when they have 16',
    series: exposed(
      160,
      [...lifetimes('a', 160, 160), ...lifetimes('b', 160, 160)],
      [
        ...target(),
        ...durations(
          () => 0.2,
          () => 0.75,
        ),
        ...durations(
          () => 8 / 60,
          () => 0.75,
          'menu',
        ),
      ],
    ),
    fires: '27m30s',
    labels: SALES,
    end: '39m',
  },
]

const burns: readonly Case[] = [
  {
    alert: 'WebhookSuccessRateBurnFast',
    what: 'on while both replicas are replaced every 40 minutes, and not for 16 deliveries per hour',
    step: MINUTE,
    series: exposed(
      300,
      [...lifetimes('a', 300, 40), ...lifetimes('b', 300, 40)],
      [
        ...target(MINUTE),
        ...delivered(
          () => 4,
          () => 1,
        ),
        ...few(8 / 60),
      ],
    ),
    fires: '6m',
    labels: SALES,
    end: '4h50m',
  },
  {
    alert: 'WebhookSuccessRateBurnFast',
    what: 'when one pod of two is bad and there are 24 deliveries per hour at both together',
    step: MINUTE,
    series: exposed(
      180,
      [...lifetimes('a', 180, 180), ...lifetimes('b', 180, 180)],
      [
        ...target(MINUTE),
        ...delivered(
          (process) => (isBad(process) ? 0 : 0.2),
          (process) => (isBad(process) ? 0.2 : 0),
        ),
      ],
    ),
    fires: '51m',
    labels: SALES,
    end: '2h50m',
  },
  {
    alert: 'WebhookSuccessRateBurnFast',
    what: 'not when one delivery in a hundred fails at each of two replicas that restart every 20 minutes',
    step: MINUTE,
    series: exposed(
      300,
      [...lifetimes('a', 300, 20, true), ...lifetimes('b', 300, 20, true)],
      [
        ...target(MINUTE),
        ...delivered(
          () => 9.9,
          () => 0.1,
        ),
      ],
    ),
    end: '4h50m',
  },
  {
    alert: 'WebhookSuccessRateBurnSlow',
    what: 'when one delivery in twelve fails at one of two replicas, on while both restart every few hours, and not for 16 deliveries per hour',
    step: 2 * MINUTE,
    series: exposed(
      780,
      [...lifetimes('a', 780, 170, true), ...lifetimes('b', 780, 110)],
      [
        ...target(2 * MINUTE),
        ...delivered(
          (process) => (isBad(process) ? 11 : 12),
          (process) => (isBad(process) ? 1 : 0),
        ),
        ...few(16 / 60),
      ],
    ),
    fires: '1h16m',
    labels: SALES,
    end: '25h',
  },
]

/** Alerts on the duration and the success rate of deliveries, with processes that come and go. */
export const DELIVERY_RATE_CASES: readonly Case[] = [...slow, ...burns]

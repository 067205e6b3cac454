import { series, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, orders, SALES } from './samples.ts'
import { info } from './signal-samples.ts'

/** So many deliveries per tick, of which so many take between half a second and a whole one. */
const durations = (length: string, perTick: number, slowFrom: number, slowUntil = Number.POSITIVE_INFINITY) => {
  const counted = (isIn: (tick: number) => boolean) =>
    values([[length, (tick) => Array.from({ length: tick }, (_, at) => at).filter(isIn).length * perTick]])
  const isFast = (tick: number) => tick < slowFrom || tick >= slowUntil
  const bucket = (le: string) => series('webhook_endpoint_delivery_duration_seconds_bucket', { ...orders, le })
  const all = counted(() => true)
  return {
    [bucket('0.25')]: counted(isFast),
    [bucket('0.5')]: counted(isFast),
    ...Object.fromEntries(['0.75', '1', '+Inf'].map((le) => [bucket(le), all])),
    [series('webhook_endpoint_delivery_duration_seconds_count', orders)]: all,
    [series('webhook_endpoint_delivery_patience_seconds', orders)]: flat(length, 1),
  }
}
export const SLOW_DELIVERY_CASES: readonly Case[] = [
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'when the slowest deliveries take more than half the patience for 15 minutes',
    series: { ...info('50m'), ...durations('50m', 1, 40, 120) },
    fires: '25m30s',
    labels: SALES,
    resolves: '34m45s',
    end: '49m',
  },
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'not for a burst of some minutes',
    series: { ...info('50m'), ...durations('50m', 1, 40, 72) },
    end: '49m',
  },
  {
    alert: 'WebhookDeliveriesSlow',
    what: 'not for fewer than 20 deliveries in 15 minutes',
    series: { ...info('60m'), ...durations('60m', 0.25, 0) },
    end: '59m',
  },
]

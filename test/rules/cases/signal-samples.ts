import { STEP, series } from '../series.ts'
import { flat, orders } from './samples.ts'

export const MINUTE = 60
/** The endpoint `orders`, of a receiver that is up. */
export const info = (length: string, step = STEP) => ({
  [series('webhook_endpoint_info', { ...orders, event: 'order.created', team: 'sales', severity: 'warning' })]: flat(
    length,
    1,
    step,
  ),
  [series('up')]: flat(length, 1, step),
})
export const open = series('webhook_incident_open', orders)

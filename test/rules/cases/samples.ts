import { type Labels, STEP, series, values } from '../series.ts'

export const orders = { endpoint: 'orders' }
export const info = (length: string, step = STEP) => ({
  [series('webhook_endpoint_info', { ...orders, event: 'order.created', team: 'sales', severity: 'warning' })]: values(
    [[length, 1]],
    step,
  ),
})
export const SALES = { ...orders, team: 'sales', severity: 'warning' }
export const up = (length: string, step = STEP) => ({ [series('up')]: values([[length, 1]], step) })
export const flat = (length: string, value: number, step = STEP) => values([[length, value]], step)
/** A counter that is flat, rises once, and is flat. */
export const once = (before: string, after: string, by = 1, from = 0) =>
  values([
    [before, from],
    [after, from + by],
  ])
export const retm = { source: 'retm' }
export const report = (outcome: string, reason: string) =>
  series('webhook_exporter_reports_total', { ...retm, outcome, reason })
export const probesTotal = (labels: Labels) =>
  series('webhook_endpoint_probes_total', {
    ...orders,
    vantage: 'public',
    cause: 'none',
    trigger: 'scheduled',
    ...labels,
  })
export const open = (endpoint: string) => series('webhook_incident_open', { endpoint })
/** One more a minute, from `from` on. */
export const minutely =
  (from = 0, step = STEP) =>
  (tick: number) =>
    from + Math.floor((tick * step) / 60)
export const down = { vantage: 'public', ...orders }

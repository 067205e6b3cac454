import type { Asked } from '../preview/audit.ts'
import type { Scene } from '../preview/grafana.ts'
import { type Answer, tableOf } from '../preview/grafana-tables.ts'
import { SCRAPE_INTERVAL, type Stage, WEEK_END } from '../preview/stage.ts'

export const TO = WEEK_END / 1_000
export const WEEK = { from: TO - 168 * 3_600, to: TO }

/** Every way in which a panel can be filled: without a TLS endpoint there is no certificate, and so on. */
export const CONFIG = {
  sources: { retm: { auth: 'none' } },
  proxy: {
    host: '127.0.0.1',
    port: 0,
    routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream: 'http://127.0.0.1:9' }],
  },
  hooks: [
    { name: 'backfill', url: 'http://127.0.0.1:9/', events: ['incident.closed'], secret: { env: 'HOOK_SECRET' } },
  ],
  recovery: { enabled: true },
  endpoints: [
    {
      name: 'orders',
      event: 'order.created',
      team: 'payments',
      severity: 'critical',
      urls: ['https://shop.example/hooks/orders'],
    },
  ],
}

/** A dashboard's page in this week: what is chosen, and which time is shown. */
export const sceneOf = ({ prometheus }: Stage, chosen: Scene['chosen'] = {}, range = WEEK): Scene => ({
  prometheus,
  scrapeInterval: SCRAPE_INTERVAL,
  range,
  chosen,
})
export const panel = (it: Asked, title: string) => it.panels.find(({ panel: { title: of } }) => of === title)!
export const table = (it: Asked, title: string) => tableOf(panel(it, title).panel, panel(it, title).answers)
export const number = (it: Asked, title: string) => panel(it, title).answers[0]!.series[0]?.values[0]?.[1]
export const totals = (answers: readonly Answer[]) =>
  Object.fromEntries(
    answers
      .flatMap(({ series }) => series)
      .map(({ name, values }) => [name, values.reduce((sum, [, value]) => sum + (value ?? 0), 0)]),
  )
/** What the journal has of a time, by something. */
export const truthOf =
  ({ story }: Stage) =>
  (by: (failure: Stage['story']['failures'][number]) => string, from: number, to: number) => {
    const counts: Record<string, number> = {}
    for (const it of story.failures)
      if (it.receivedAt > from * 1_000 && it.receivedAt <= to * 1_000) counts[by(it)] = (counts[by(it)] ?? 0) + 1
    return counts
  }

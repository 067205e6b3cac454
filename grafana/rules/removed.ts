import type { DASHBOARDS } from '../signals.ts'
import type { Alert } from './model.ts'

/** Alerts that were removed without a successor, because no one was helped by them, and the panel that shows the same. */
export const NOW_PANELS: Readonly<
  Record<string, { readonly dashboard: keyof typeof DASHBOARDS; readonly panel: string }>
> = {
  WebhookFailuresIncreasing: { dashboard: 'overview', panel: 'Lost deliveries by endpoint' },
  WebhookFailuresUnidentified: { dashboard: 'overview', panel: 'Lost deliveries by endpoint' },
  WebhookSeriesOverflow: { dashboard: 'exporter', panel: 'Series usage' },
  WebhookSpansDropped: { dashboard: 'exporter', panel: 'Spans' },
  WebhookRetentionCutsEarly: { dashboard: 'exporter', panel: 'Retention removals' },
}

/** What has taken the place of each removed alert: the name of an alert, or a panel. */
export const removedAlerts = (alerts: readonly Alert[]): Record<string, string> =>
  Object.fromEntries([
    ...alerts.flatMap(({ alert, replaces = [] }) => replaces.map((name) => [name, alert] as const)),
    ...Object.entries(NOW_PANELS).map(
      ([name, { dashboard, panel }]) => [name, `panel "${panel}" of the dashboard ${dashboard}`] as const,
    ),
  ])

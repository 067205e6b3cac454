import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'

/** Options that the library writes with Grafana's own defaults, and that not every major from 10 to 13 knows. */
const UNCOMMON_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  table: ['footer'],
  stat: ['percentChangeColorMode'],
  bargauge: ['legend'],
  'state-timeline': ['perPage'],
  heatmap: ['selectionMode'],
}
const UNCOMMON_OF_VARIABLES = ['auto', 'auto_min', 'auto_count', 'allowCustomValue']

/** Removes what `@grafana/schema` of some major does not know, see `npm run check:grafana`. */
export function removeUncommon({ templating }: dashboard.Dashboard, panels: readonly object[]): void {
  for (const variable of templating.list ?? []) remove(variable, UNCOMMON_OF_VARIABLES)
  for (const panel of panels as readonly dashboard.Panel[])
    if (panel.options) remove(panel.options, UNCOMMON_OPTIONS[panel.type] ?? [])
}

function remove(from: object, keys: readonly string[]): void {
  for (const key of keys) delete (from as Record<string, unknown>)[key]
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Reads dashboards and asks their queries as Grafana's own Prometheus data source does. */

export interface GridPos {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export interface Target {
  readonly refId: string
  readonly expr: string
  readonly legendFormat?: string
  readonly instant?: boolean
  readonly range?: boolean
  readonly exemplar?: boolean
  readonly format?: string
  readonly datasource?: { readonly type: string; readonly uid: string }
}

export interface LinkModel {
  readonly title: string
  readonly url?: string
  readonly targetBlank?: boolean
  readonly includeVars?: boolean
  readonly keepTime?: boolean
}

export interface FieldConfig {
  readonly unit?: string
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly noValue?: string
  readonly displayName?: string
  readonly mappings?: readonly {
    readonly type: string
    readonly options: Record<string, { text?: string; color?: string }>
  }[]
  readonly thresholds?: { readonly steps: readonly { readonly value: number | null; readonly color: string }[] }
  readonly custom?: Record<string, unknown>
  readonly color?: { readonly mode: string; readonly fixedColor?: string }
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options?: unknown }
  readonly properties: readonly { readonly id: string; readonly value?: unknown }[]
}

export interface PanelOptions {
  readonly content?: string
  readonly textMode?: string
  readonly sortBy?: readonly { readonly displayName: string; readonly desc: boolean }[]
  readonly legend?: {
    readonly showLegend: boolean
    readonly displayMode: string
    readonly placement: string
    readonly calcs: readonly string[]
  }
}

export interface Organize {
  readonly excludeByName?: Readonly<Record<string, boolean>>
  readonly indexByName?: Readonly<Record<string, number>>
}

export interface PanelModel {
  readonly id: number
  readonly type: string
  readonly title?: string
  readonly description?: string
  readonly gridPos: GridPos
  readonly targets?: readonly Target[]
  readonly options?: PanelOptions
  readonly fieldConfig?: { readonly defaults: FieldConfig; readonly overrides: readonly Override[] }
  readonly transformations?: readonly { readonly id: string; readonly options: Organize }[]
  readonly maxDataPoints?: number
  readonly interval?: string
  readonly links?: readonly LinkModel[]
  readonly datasource?: { readonly type: string; readonly uid: string }
  /** Of a folded section. */
  readonly panels?: readonly PanelModel[]
  readonly collapsed?: boolean
}

export interface VariableModel {
  readonly name: string
  readonly label?: string
  readonly type: string
  readonly query?: string | { readonly query: string }
  readonly multi?: boolean
  readonly includeAll?: boolean
  readonly allValue?: string
  readonly hide?: number
  readonly current?: { readonly value?: string | readonly string[] }
}

export interface DashboardModel {
  readonly uid: string
  readonly title: string
  readonly description?: string
  readonly schemaVersion: number
  readonly tags?: readonly string[]
  readonly editable?: boolean
  readonly time: { readonly from: string; readonly to: string }
  readonly refresh?: string
  readonly panels: readonly PanelModel[]
  readonly templating: { readonly list: readonly VariableModel[] }
  readonly annotations: {
    readonly list: readonly {
      readonly name: string
      readonly expr?: string
      readonly titleFormat?: string
      readonly iconColor: string
      readonly useValueForTime?: boolean
      readonly datasource?: { readonly uid: string }
    }[]
  }
  readonly links: readonly LinkModel[]
}

export const DASHBOARD_FILES = ['overview', 'endpoint', 'exporter'] as const

export type DashboardName = (typeof DASHBOARD_FILES)[number]

const DASHBOARDS = join(import.meta.dirname, '../../grafana/dashboards')

export const readDashboard = (name: DashboardName): DashboardModel => readDashboardFrom(DASHBOARDS, name)

/** @param folder such as one with the dashboards of an earlier version */
export const readDashboardFrom = (folder: string, name: DashboardName): DashboardModel =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

/** All panels, those of folded sections included; a section itself is a panel of type `row`. */
export const allPanels = ({ panels }: Pick<DashboardModel, 'panels'>): PanelModel[] =>
  panels.flatMap((panel) => [panel, ...(panel.panels ?? [])])

/** The same dashboard with all of its sections open. */
export function unfolded(dashboard: DashboardModel): DashboardModel {
  let shift = 0
  const moved = ({ gridPos, ...panel }: PanelModel): PanelModel => ({
    ...panel,
    gridPos: { ...gridPos, y: gridPos.y + shift },
  })
  const panels = dashboard.panels.flatMap((panel) => {
    const { panels: inner = [] } = panel
    const opened = [{ ...moved(panel), panels: [] }, ...inner.map(moved)]
    const end = Math.max(0, ...inner.map(({ gridPos }) => gridPos.y + gridPos.h))
    if (inner.length > 0) shift += end - panel.gridPos.y - panel.gridPos.h
    return panel.type === 'row' ? opened : [moved(panel)]
  })
  return { ...dashboard, panels }
}

export const number = (text: string): number =>
  text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)

/** The configuration of one field, its overrides included; `links` and `custom.*` are in `custom`. */
export function fieldConfig(panel: PanelModel, name: string): FieldConfig & { links?: readonly LinkModel[] } {
  const config: Record<string, unknown> = {
    ...panel.fieldConfig?.defaults,
    custom: { ...panel.fieldConfig?.defaults.custom },
  }
  for (const { matcher, properties } of panel.fieldConfig?.overrides ?? []) {
    if (matcher.id !== 'byName') throw new Error(`no matcher ${matcher.id} here`)
    if (matcher.options !== name) continue
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) (config['custom'] as Record<string, unknown>)[id.slice(7)] = value
      else config[id] = value
    }
  }
  return config as FieldConfig
}

import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { DASHBOARDS } from '../signals.ts'
import { removeUncommon } from './common-schema.ts'
import type { Link } from './links.ts'
import { link, type Panel } from './panel.ts'

/** The schema of Grafana 10.4. Later ones bring it up to date themselves; an earlier one cannot read a later schema. */
const SCHEMA_VERSION = 39
const TAG = 'webhook-error-exporter'

/** Panels side by side, all equally high; widths add up to 24 at most. */
export interface Line {
  readonly height: number
  readonly panels: readonly (readonly [width: number, panel: Panel])[]
}

/** Lines under a heading, folded until opened: Grafana sends no queries for them before. */
export interface Section {
  readonly title: string
  readonly lines: readonly Line[]
}

export interface Board {
  readonly key: keyof typeof DASHBOARDS
  readonly title: string
  readonly description: string
  readonly from: string
  readonly variables: readonly dashboard.VariableModel[]
  readonly annotations: readonly dashboard.AnnotationQueryBuilder[]
  readonly links: readonly Link[]
  /** What is open from the start. */
  readonly lines: readonly Line[]
  readonly sections: readonly Section[]
}

/** @returns a classic dashboard: ids and places follow from the order of the panels alone */
export function build(board: Board): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(board.title)
    .uid(DASHBOARDS[board.key])
    .description(board.description)
    .tags([TAG])
    .time({ from: board.from, to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .version(1)
    .editable()
  for (const variable of board.variables) builder.withVariable({ build: () => variable })
  for (const annotation of board.annotations) builder.annotation(annotation)
  for (const it of others(board.key)) builder.link(link(it).includeVars(true).keepTime(true))
  for (const it of board.links) builder.link(link(it))
  let id = 0
  let y = 0
  const place = ({ height, panels }: Line): Panel[] => {
    let x = 0
    const placed = panels.map(([width, panel]) => {
      panel.id(++id).gridPos({ x, y, w: width, h: height })
      x += width
      return panel
    })
    y += height
    return placed
  }
  for (const panel of board.lines.flatMap(place)) builder.withPanel(panel)
  for (const { title, lines } of board.sections) {
    const row = new dashboard.RowBuilder(title).id(++id).collapsed(true).gridPos({ x: 0, y, w: 24, h: 1 })
    const headingEnds = ++y
    for (const panel of lines.flatMap(place)) row.withPanel(panel)
    builder.withRow(row)
    // The next heading follows at once, as long as this one is folded.
    y = headingEnds
  }
  const made = builder.build()
  // The library would hide links and the switches of annotations in a menu.
  const panels = (made.panels ?? []).flatMap((panel) => ('panels' in panel ? [panel, ...panel.panels] : [panel]))
  const ofPanels = panels.flatMap((panel) => [
    ...(('links' in panel && panel.links) || []),
    ...(('fieldConfig' in panel && panel.fieldConfig?.defaults.links) || []),
  ])
  for (const it of [...(made.links ?? []), ...ofPanels, ...(made.annotations.list ?? [])]) delete it.placement
  removeUncommon(made, panels)
  return { ...made, schemaVersion: SCHEMA_VERSION }
}

const TITLES = { overview: 'Overview', endpoint: 'Endpoint', exporter: 'Exporter' } as const

function others(key: Board['key']): Link[] {
  const names = Object.keys(DASHBOARDS) as Board['key'][]
  return names.filter((name) => name !== key).map((name) => ({ title: TITLES[name], url: `/d/${DASHBOARDS[name]}` }))
}

import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import { API_BASE } from '../rules/annotations.ts'
import { DASHBOARDS, type SignalKey } from '../signals.ts'
import type { Link } from './links.ts'
import { COLOUR } from './palette.ts'
import { DATA_SOURCE, link, type Panel } from './panel.ts'
import { perEndpoint, select } from './query.ts'

/** The schema of Grafana 10.4. Later ones bring it up to date themselves; an earlier one cannot read a later schema. */
const SCHEMA_VERSION = 39
const TAG = 'webhook-error-exporter'

/** Panels side by side, all equally high; widths add up to 24 at most. */
export interface Line {
  /** Opens a section that can be folded. */
  readonly section?: string
  readonly height: number
  readonly panels: readonly (readonly [width: number, panel: Panel])[]
}

export interface Board {
  readonly key: keyof typeof DASHBOARDS
  readonly title: string
  readonly description: string
  readonly from: string
  readonly variables: readonly dashboard.VariableModel[]
  readonly annotations: readonly dashboard.AnnotationQueryBuilder[]
  readonly links: readonly Link[]
  readonly lines: readonly Line[]
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
  for (const { section, height, panels } of board.lines) {
    if (section !== undefined) {
      builder.withRow(new dashboard.RowBuilder(section).id(++id).gridPos({ x: 0, y, w: 24, h: 1 }))
      y += 1
    }
    let x = 0
    for (const [width, panel] of panels) {
      builder.withPanel(panel.id(++id).gridPos({ x, y, w: width, h: height }))
      x += width
    }
    y += height
  }
  const made = builder.build()
  // The library would hide links and the switches of annotations in a menu.
  const ofPanels = (made.panels ?? []).flatMap((panel) => ('links' in panel && panel.links) || [])
  for (const it of [...(made.links ?? []), ...ofPanels, ...(made.annotations.list ?? [])]) delete it.placement
  return { ...made, schemaVersion: SCHEMA_VERSION }
}

const TITLES = { overview: 'Overview', endpoint: 'Endpoint', exporter: 'Exporter' } as const

function others(key: Board['key']): Link[] {
  const names = Object.keys(DASHBOARDS) as Board['key'][]
  return names.filter((name) => name !== key).map((name) => ({ title: TITLES[name], url: `/d/${DASHBOARDS[name]}` }))
}

const ALL = { selected: true, text: 'All', value: '$__all' }

interface Choice {
  readonly of: string
  readonly matchers?: string
  /** Exactly one, without All. */
  readonly single?: true
  /** All is what is listed. Otherwise it is `.*`, which also matches what has no such label at all. */
  readonly listed?: true
}

/** Values of a label. */
export function choice(
  name: string,
  label: string,
  { of, matchers = '', single, listed }: Choice,
): dashboard.VariableModel {
  const query = `label_values(${of}${matchers && `{${matchers}}`}, ${name})`
  const builder = new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(DATA_SOURCE)
    .query({ query, refId: name, qryType: 1 })
    .definition(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(!single)
    .includeAll(!single)
  if (single) return builder.build()
  if (!listed) builder.allValue('.*')
  return builder.current(ALL).build()
}

/** The variable that chooses which Prometheus is asked. */
export const dataSource = (): dashboard.VariableModel =>
  new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus').build()

/** cluster, namespace, job, each within the ones before. */
export function release(of: string): dashboard.VariableModel[] {
  return [
    choice('cluster', 'Cluster', { of }),
    choice('namespace', 'Namespace', { of, matchers: 'cluster=~"$cluster"' }),
    // Listed: `up` and the process's metrics are those of every program.
    choice('job', 'Job', { of, matchers: 'cluster=~"$cluster", namespace=~"$namespace"', listed: true }),
  ]
}

/** Set in the dashboard's settings, under Variables; every link to the API begins with it. */
export const apiVariable = (): dashboard.VariableModel =>
  new dashboard.TextBoxVariableBuilder('api')
    .label('API')
    .description('Address of the admin listener as people reach it: admin.externalUrl of the configuration.')
    .defaultValue(API_BASE)
    .current({ selected: true, text: API_BASE, value: API_BASE })
    .hide(dashboard.VariableHide.HideVariable)
    .build()

/** Data sources that links to traces open; without one of the kind its link opens an empty Explore. */
export const traceVariables = (): dashboard.VariableModel[] =>
  (['tempo', 'jaeger'] as const).map((kind) =>
    new dashboard.DatasourceVariableBuilder(kind)
      .label(kind === 'tempo' ? 'Tempo' : 'Jaeger')
      .type(kind)
      .hide(dashboard.VariableHide.HideVariable)
      .build(),
  )

const moments = (name: string, colour: string, expr: string, titleFormat: string): dashboard.AnnotationQueryBuilder =>
  new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATA_SOURCE)
    .enable(true)
    .hide(false)
    .iconColor(colour)
    .expr(expr)
    .target(new prometheus.DataqueryBuilder().refId('Anno').expr(expr).range())
    .titleFormat(titleFormat)
    .step('60s')
    .useValueForTime(true)

const inMilliseconds = (expr: string) => `${expr} * 1000`

/** A mark at each incident's own time of opening. */
export const incidentMarks = (matchers: readonly string[] = []): dashboard.AnnotationQueryBuilder =>
  moments(
    'Incidents',
    COLOUR.incident,
    inMilliseconds(perEndpoint('incidentStarted' satisfies SignalKey, matchers)),
    'Incident: {{endpoint}}',
  )

/** A mark at each start of a process. */
export const restartMarks = (): dashboard.AnnotationQueryBuilder =>
  moments(
    'Restarts',
    COLOUR.restart,
    inMilliseconds(`max by (cluster, namespace, job, instance) (${select('processStart')})`),
    'Receiver started: {{instance}}',
  )

import type * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import type { Link } from './links.ts'
import { COLOUR } from './palette.ts'

/** The one that the variable `datasource` chooses. */
export const DATA_SOURCE = { type: 'prometheus', uid: `\${datasource}` } as const

export interface Target {
  readonly expr: string
  readonly legend?: string
  /** One value, of the end of the time range. */
  readonly instant?: true
  readonly exemplar?: true
}

/** From this value on. The first has none: it is the base. */
export interface Step {
  readonly from?: number
  readonly colour: string
}

/** A text, and perhaps a colour, in the place of a value. */
export type Texts = Readonly<Record<string, { readonly text: string; readonly colour?: string }>>

export interface Common {
  readonly title: string
  /** What it shows, how to read it, and what no data means. */
  readonly description: string
  readonly targets: readonly Target[]
  /** A unit of Grafana's, such as `s`, `bytes`, `dateTimeFromNow`. */
  readonly unit: string
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly steps?: readonly Step[]
  readonly texts?: Texts
  /** Said where there is no data. Zero is data. */
  readonly noValue?: string
  readonly links?: readonly Link[]
  /** Of the values themselves; the title of a single one shows on hover. */
  readonly valueLinks?: readonly Link[]
  /** Fixed colours by the name in the legend. */
  readonly colours?: readonly { readonly name: string; readonly colour: string }[]
  /** For names that are not known in advance: one colour, in one shade per series. Grafana’s palettes put red next to green. */
  readonly shadesOf?: string
}

/** What every builder of a panel can do. */
export interface Panel {
  build(): dashboard.Panel
  id(id: number): this
  title(title: string): this
  description(description: string): this
  datasource(datasource: common.DataSourceRef): this
  gridPos(gridPos: dashboard.GridPos): this
  links(links: dashboard.DashboardLinkBuilder[]): this
}

export interface Visual extends Panel {
  withTarget(target: prometheus.DataqueryBuilder): this
  unit(unit: string): this
  decimals(decimals: number): this
  min(min: number): this
  max(max: number): this
  noValue(text: string): this
  dataLinks(links: dashboard.DashboardLinkBuilder[]): this
  mappings(mappings: dashboard.ValueMapping[]): this
  thresholds(thresholds: dashboard.ThresholdsConfigBuilder): this
  overrideByName(name: string, properties: dashboard.DynamicConfigValue[]): this
}

/** A link in Grafana's words; links of cells have others. */
export const link = ({ title, url, away = false }: Link): dashboard.DashboardLinkBuilder =>
  new dashboard.DashboardLinkBuilder(title).type(dashboard.DashboardLinkType.Link).url(url).targetBlank(away)

/** Links of a table's cells. */
export const cellLinks = (links: readonly Link[]): dashboard.DynamicConfigValue => ({
  id: 'links',
  value: links.map(({ title, url, away = false }) => ({ title, url, targetBlank: away })),
})

/** Texts in the place of values, as Grafana takes them. */
export const mappingOf = (texts: Texts): dashboard.ValueMapping[] => [
  {
    type: dashboard.MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(texts).map(([value, { text, colour }], index) => [
        value,
        { text, index, ...(colour !== undefined && { color: colour }) },
      ]),
    ),
  },
]

/** @param steps the base first, then upwards */
export const thresholds = (steps: readonly Step[]): dashboard.ThresholdsConfigBuilder =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps.map(({ from, colour }) => ({ value: from ?? null, color: colour })))

/** Everything that all panels with queries have in common. */
export function dress<B extends Visual>(builder: B, about: Common, format = prometheus.PromQueryFormat.TimeSeries): B {
  builder.title(about.title).description(about.description).datasource(DATA_SOURCE).unit(about.unit)
  about.targets.forEach(({ expr, legend, instant, exemplar }, index) => {
    const query = new prometheus.DataqueryBuilder()
      .datasource(DATA_SOURCE)
      .refId(String.fromCharCode(65 + index))
      .expr(expr)
      .format(format)
      .editorMode(prometheus.QueryEditorMode.Code)
    if (instant) query.instant()
    else query.range()
    if (exemplar) query.exemplar(true)
    if (legend !== undefined) query.legendFormat(legend)
    builder.withTarget(query)
  })
  if (about.decimals !== undefined) builder.decimals(about.decimals)
  if (about.min !== undefined) builder.min(about.min)
  if (about.max !== undefined) builder.max(about.max)
  if (about.noValue !== undefined) builder.noValue(about.noValue)
  if (about.texts) builder.mappings(mappingOf(about.texts))
  builder.thresholds(thresholds(about.steps ?? [{ colour: COLOUR.plain }]))
  if (about.links) builder.links(about.links.map(link))
  if (about.valueLinks) builder.dataLinks(about.valueLinks.map(link))
  for (const { name, colour } of about.colours ?? [])
    builder.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }])
  return builder
}

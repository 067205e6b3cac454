import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as text from '@grafana/grafana-foundation-sdk/text'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
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

interface Visual extends Panel {
  withTarget(target: prometheus.DataqueryBuilder): this
  unit(unit: string): this
  decimals(decimals: number): this
  min(min: number): this
  max(max: number): this
  noValue(text: string): this
  mappings(mappings: dashboard.ValueMapping[]): this
  thresholds(thresholds: dashboard.ThresholdsConfigBuilder): this
  overrideByName(name: string, properties: dashboard.DynamicConfigValue[]): this
}

/** A link in Grafana's words; links of cells have others. */
export const link = ({ title, url, away = false }: Link): dashboard.DashboardLinkBuilder =>
  new dashboard.DashboardLinkBuilder(title).type(dashboard.DashboardLinkType.Link).url(url).targetBlank(away)

const cellLinks = (links: readonly Link[]): dashboard.DynamicConfigValue => ({
  id: 'links',
  value: links.map(({ title, url, away = false }) => ({ title, url, targetBlank: away })),
})

const mappingOf = (texts: Texts): dashboard.ValueMapping[] => [
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

function dress<B extends Visual>(builder: B, about: Common, format = prometheus.PromQueryFormat.TimeSeries): B {
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
  for (const { name, colour } of about.colours ?? [])
    builder.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }])
  return builder
}

const reduce = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull'])

/** One number, or with `show: 'name'` one text out of a label. */
export function number(about: Common & { readonly show?: 'value' | 'name' }): Panel {
  return dress(new stat.PanelBuilder(), about)
    .reduceOptions(reduce())
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
    .textMode(about.show === 'name' ? common.BigValueTextMode.Name : common.BigValueTextMode.Value)
}

/** Horizontal bars, one a series, longest first by the query's own order. */
export function ranking(about: Common): Panel {
  return dress(new bargauge.PanelBuilder(), { min: 0, ...about })
    .reduceOptions(reduce())
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .valueMode(common.BarGaugeValueMode.Text)
    .showUnfilled(false)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
}

function graph(about: Common & { readonly legend?: 'bottom' | 'right' }, calcs: string[]): timeseries.PanelBuilder {
  return dress(new timeseries.PanelBuilder(), about)
    .colorScheme(
      new dashboard.FieldColorBuilder()
        .mode(dashboard.FieldColorModeId.Shades)
        .fixedColor(about.shadesOf ?? COLOUR.good),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(about.legend === 'right' ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
        .calcs(calcs)
        .sortBy(calcs[0] === 'sum' ? 'Total' : 'Max')
        .sortDesc(true),
    )
}

/**
 * Exact counts, one bar a step; the legend's totals add up to the truth. Grafana shows whole steps alone, so that the
 * newest failures are missing for up to a step: 150 of them make it five minutes in twelve hours.
 */
export function bars(about: Common & { readonly legend?: 'bottom' | 'right' }): Panel {
  return graph({ min: 0, decimals: 0, ...about }, ['sum'])
    .interval('1m')
    .maxDataPoints(150)
    .drawStyle(common.GraphDrawStyle.Bars)
    .barAlignment(common.BarAlignment.Before)
    .lineWidth(0)
    .fillOpacity(90)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'))
}

export interface Lines extends Common {
  readonly legend?: 'bottom' | 'right'
  readonly stacked?: true
  readonly axisLabel?: string
  /** Draws the steps as dashed lines. */
  readonly limits?: true
  readonly log?: true
}

/** Lines; a gap in the data is a gap in the line. */
export function lines(about: Lines): Panel {
  const panel = graph(about, ['lastNotNull', 'max'])
    .lineWidth(2)
    .fillOpacity(about.stacked ? 60 : 5)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
  if (about.stacked)
    panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A')).lineWidth(1)
  if (about.limits)
    panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed))
  if (about.log)
    panel.scaleDistribution(new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10))
  return panel
}

/** States over time, one line a series; `texts` names them. */
export function states(about: Common): Panel {
  return dress(new statetimeline.PanelBuilder(), about)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
    .showValue(common.VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(85)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
}

export interface Column {
  /** Its name in the data: a label, or `Value #A`. */
  readonly field: string
  readonly title: string
  readonly width?: number
  readonly unit?: string
  readonly decimals?: number
  readonly links?: readonly Link[]
  readonly texts?: Texts
  readonly steps?: readonly Step[]
}

/** Rows that several instant queries share, by the labels that they have in common; only the columns named are shown. */
export function rows(
  about: Common & {
    readonly columns: readonly Column[]
    readonly hide: readonly string[]
    readonly sortBy: string
    readonly ascending?: true
  },
): Panel {
  const panel = dress(new table.PanelBuilder(), about, prometheus.PromQueryFormat.Table)
    .cellHeight(common.TableCellHeight.Sm)
    .sortBy([new common.TableSortByFieldStateBuilder().displayName(about.sortBy).desc(!about.ascending)])
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: Object.fromEntries(about.hide.map((field) => [field, true])),
        indexByName: Object.fromEntries(about.columns.map(({ field }, index) => [field, index])),
        renameByName: {},
      },
    })
  for (const column of about.columns) {
    const { field, title, width, unit, decimals, links, texts, steps } = column
    panel.overrideByName(field, [
      { id: 'displayName', value: title },
      // The panel's own text is for a table without rows.
      { id: 'noValue', value: '–' },
      ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
      ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
      ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
      ...(links ? [cellLinks(links)] : []),
      ...(texts ? [{ id: 'mappings', value: mappingOf(texts) }] : []),
      ...(steps
        ? [
            { id: 'thresholds', value: thresholds(steps).build() },
            { id: 'color', value: { mode: 'thresholds' } },
          ]
        : []),
      ...(texts || steps ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] : []),
    ])
  }
  return panel
}

/** A panel of text. @param content Markdown */
export const note = (title: string, description: string, content: string): Panel =>
  new text.PanelBuilder().title(title).description(description).mode(text.TextMode.Markdown).content(content)

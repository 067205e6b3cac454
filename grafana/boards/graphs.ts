import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import { COLOUR } from './palette.ts'
import { type Common, dress, type Panel } from './panel.ts'

/** So few that each bar stays wide enough to be seen, whatever the time range. */
export const BAR_COUNT = 75

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
        .displayMode(calcs.length > 0 ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List)
        .placement(about.legend === 'right' ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
        .calcs(calcs)
        .sortBy(calcs[0] === 'sum' ? 'Total' : 'Max')
        .sortDesc(true),
    )
}

/**
 * Counts, one bar per step. Grafana shows whole steps only, so the newest events are missing for up to a step: ten minutes
 * in twelve hours. Totals are left out where a panel next to it shows those of the exact time range.
 */
export function bars(about: Common & { readonly legend?: 'bottom' | 'right'; readonly totals?: false }): Panel {
  return (
    graph({ min: 0, decimals: 0, ...about }, about.totals === false ? [] : ['sum'])
      .interval('1m')
      .maxDataPoints(BAR_COUNT)
      .drawStyle(common.GraphDrawStyle.Bars)
      .barAlignment(common.BarAlignment.Before)
      .barWidthFactor(0.9)
      // A single bar would be as wide as the panel.
      .barMaxWidth(24)
      .lineWidth(0)
      .fillOpacity(90)
      .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'))
  )
}

export interface Lines extends Common {
  readonly legend?: 'bottom' | 'right'
  readonly stacked?: true
  readonly axisLabel?: string
  /** Draws the steps as dashed lines. */
  readonly limits?: true
  /** The axis reaches at least this far, so that limits are visible. */
  readonly softMin?: number
  readonly softMax?: number
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
  if (about.softMin !== undefined) panel.axisSoftMin(about.softMin)
  if (about.softMax !== undefined) panel.axisSoftMax(about.softMax)
  return panel
}

/** Steps of a timeline of states: finer ones would cost more than they show. */
const STATE_COUNT = 200

/** How many values fell into each bucket of a histogram, per step; the query answers with one series per `le`. */
export function heat(about: Common): Panel {
  return dress(new heatmap.PanelBuilder(), about, prometheus.PromQueryFormat.Heatmap)
    .calculate(false)
    .maxDataPoints(BAR_COUNT)
    .yAxis(new heatmap.YAxisConfigBuilder().unit('s').axisPlacement(common.AxisPlacement.Left))
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Blues')
        .fill(COLOUR.good)
        .scale(heatmap.HeatmapColorScale.Exponential)
        .exponent(0.5)
        .steps(64)
        .reverse(false),
    )
    .cellGap(1)
    .showLegend()
}

/** States over time, one line a series; `texts` names them. */
export function states(about: Common): Panel {
  return dress(new statetimeline.PanelBuilder(), about)
    .maxDataPoints(STATE_COUNT)
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

import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import { type Common, dress, type Panel } from './panel.ts'

const reduce = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull'])

/** One number, or with `show: 'name'` one text from a label. */
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

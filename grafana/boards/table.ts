import * as common from '@grafana/grafana-foundation-sdk/common'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as table from '@grafana/grafana-foundation-sdk/table'
import type { Link } from './links.ts'
import { type Common, cellLinks, dress, mappingOf, type Panel, type Step, type Texts, thresholds } from './panel.ts'

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

import { show } from './format.ts'
import type { PanelModel } from './grafana-model.ts'
import type { Answer } from './grafana-tables.ts'

/** A heatmap of the buckets of a histogram: what fell between one bound and the next, darker where less did. */
export function heatHtml(panel: PanelModel, answers: readonly Answer[], now: number): string {
  const buckets = answers
    .flatMap(({ series }) => series)
    .filter(({ labels }) => labels['le'] !== '+Inf')
    .sort((a, b) => Number(a.labels['le']) - Number(b.labels['le']))
  if (buckets.length === 0) return `<div class="none">${panel.fieldConfig?.defaults.noValue ?? 'No data'}</div>`
  const columns = buckets[0]!.values.length
  const cells = buckets.map(({ values }, row) =>
    values.map(([, value], column) => Math.max(0, (value ?? 0) - (buckets[row - 1]?.values[column]?.[1] ?? 0))),
  )
  const most = Math.max(...cells.flat(), 1e-9)
  const width = 100 / columns
  const height = 100 / buckets.length
  const drawn = cells.flatMap((row, y) =>
    row.map((value, x) =>
      value < 1e-6
        ? ''
        : `<i style="left:${(x * width).toFixed(2)}%;bottom:${(y * height).toFixed(2)}%;width:${(width * 0.94).toFixed(2)}%;height:${(height * 0.9).toFixed(2)}%;background:rgba(75,163,227,${Math.sqrt(value / most).toFixed(2)})"></i>`,
    ),
  )
  const bounds = buckets.map(
    ({ labels }, y) =>
      `<b style="bottom:${((y + 0.8) * height).toFixed(2)}%">${show(Number(labels['le']), { unit: 's' }, now).text}</b>`,
  )
  return `<div class="heat">${drawn.join('')}${bounds.join('')}</div>`
}

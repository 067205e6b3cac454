import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Asked, pixels, WIDTH } from './audit.ts'
import { chart } from './chart.ts'
import { show } from './format.ts'
import { fieldConfig, type LinkModel, type PanelModel } from './grafana-model.ts'
import { type Answer, tableOf } from './grafana-tables.ts'
import { heatHtml } from './heat.ts'

/** One self-contained HTML page for a dashboard, in the looks of Grafana's dark theme. */

const HEADER = 96
export const pageHeight = ({ panels }: Asked): number =>
  HEADER + Math.max(...panels.map(({ panel }) => pixels(panel).top + pixels(panel).height)) + 16

const echarts = () => readFileSync(createRequire(import.meta.url).resolve('echarts/dist/echarts.min.js'), 'utf8')
const html = (text: unknown): string =>
  String(text).replaceAll(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)

export function page(asked: Asked, range: { from: number; to: number }): string {
  const { dashboard, variables } = asked
  const pills = [...variables.values()]
    .filter(({ model }) => model.hide !== 2)
    .map(({ model, value }) => {
      const all = model.includeAll && (value === model.allValue || Array.isArray(value))
      return `<span class="pill"><b>${html(model.label ?? model.name)}</b>${html(all ? 'All' : value)}</span>`
    })
  const time = (seconds: number) => new Date(seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')
  const links = dashboard.links.map(
    ({ title, targetBlank }) => `<span class="link">${html(title)}${targetBlank ? ' ↗' : ''}</span>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${html(dashboard.title)}</title>
<style>${STYLE}</style><script>${echarts()}</script></head><body style="height:${pageHeight(asked)}px">
<header><h1>${html(dashboard.title)}</h1><span class="time">${time(range.from)} to ${time(range.to)} UTC</span></header>
<nav>${pills.join('')}<span class="links">${links.join('')}</span></nav>
<main style="top:${HEADER}px">${asked.panels.map((it) => panelHtml(it, asked, range.to)).join('\n')}</main>
</body></html>`
}

function panelHtml({ panel, answers }: Asked['panels'][number], asked: Asked, now: number): string {
  const { left, top, width, height } = pixels(panel)
  const place = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`
  if (panel.type === 'row')
    return `<div class="row" style="${place}">${panel.panels?.length ? '›' : '⌄'} ${html(panel.title)}</div>`
  const links = panel.links?.length ? ' <span class="out">↗</span>' : ''
  return `<section style="${place}"><h2>${html(panel.title)}${links}</h2><div class="body">${body(panel, answers, asked, now)}</div></section>`
}

function body(panel: PanelModel, answers: readonly Answer[], asked: Asked, now: number): string {
  const error = answers.find((it) => it.error !== undefined)
  if (error) return `<div class="error">${html(error.error)}</div>`
  switch (panel.type) {
    case 'stat':
      return statHtml(panel, answers, now)
    case 'bargauge':
      return gaugeHtml(panel, answers, now)
    case 'table':
      return tableHtml(panel, answers, now)
    case 'state-timeline':
      return statesHtml(panel, answers, now)
    case 'heatmap':
      return heatHtml(panel, answers, now)
    case 'timeseries':
      return chart(panel, answers, asked.marks, now)
    case 'text':
      return markdown(panel.options?.content ?? '')
    default:
      throw new Error(`no panel of type ${panel.type} here`)
  }
}

const noData = (panel: PanelModel): string =>
  `<div class="none">${html(panel.fieldConfig?.defaults.noValue ?? 'No data')}</div>`

const last = (values: Answer['series'][number]['values']) => values.findLast(([, value]) => value !== null)?.[1]

function statHtml(panel: PanelModel, answers: readonly Answer[], now: number): string {
  const all = answers.flatMap(({ series }) => series)
  if (all.length === 0) return noData(panel)
  const texts = all.map(({ name, values }) => {
    const { text, colour } = show(last(values), fieldConfig(panel, name), now)
    const said = panel.options?.textMode === 'name' ? name : text
    // Grafana makes the text as large as fits.
    const size = Math.min(34, (pixels(panel).width - 30) / (said.length * 0.66))
    return `<div class="stat" style="color:${colour ?? 'inherit'};font-size:${size.toFixed(1)}px">${html(said)}</div>`
  })
  return texts.join('')
}

function gaugeHtml(panel: PanelModel, answers: readonly Answer[], now: number): string {
  const all = answers.flatMap(({ series }) => series)
  if (all.length === 0) return noData(panel)
  const most = Math.max(...all.map(({ values }) => last(values) ?? 0), 1e-9)
  const bars = all.map(({ name, values }) => {
    const value = last(values)
    const { text, colour } = show(value, fieldConfig(panel, name), now)
    const share = Math.max(0, ((value ?? 0) / most) * 100)
    return `<tr><td>${html(name)}</td><td class="wide"><i style="width:${share}%;background:${colour}"></i></td><td class="right">${html(text)}</td></tr>`
  })
  return `<table class="gauge">${bars.join('')}</table>`
}

function tableHtml(panel: PanelModel, answers: readonly Answer[], now: number): string {
  const { columns, rows } = tableOf(panel, answers)
  if (rows.length === 0) return noData(panel)
  const configs = columns.map((name) => fieldConfig(panel, name))
  const head = columns.map((name, index) => {
    const width = configs[index]!.custom?.['width']
    return `<th${width ? ` style="width:${width}px"` : ''}>${html(configs[index]!.displayName ?? name)}</th>`
  })
  const cells = rows.map((row) => {
    const tds = columns.map((name, index) => {
      const config = configs[index]!
      const { text, colour } = show(row[name], config, now)
      const coloured = (config.custom?.['cellOptions'] as { type: string } | undefined)?.type === 'color-text'
      const numeric = typeof row[name] === 'number' && !config.mappings?.length ? ' class="right"' : ''
      const inner = config.links ? `<u>${html(text)}</u>` : html(text)
      return `<td${numeric}${coloured && colour ? ` style="color:${colour}"` : ''}>${inner}</td>`
    })
    return `<tr>${tds.join('')}</tr>`
  })
  return `<table class="rows"><thead><tr>${head.join('')}</tr></thead><tbody>${cells.join('')}</tbody></table>`
}

function statesHtml(panel: PanelModel, answers: readonly Answer[], now: number): string {
  const all = answers.flatMap(({ series, step }) => series.map((it) => ({ ...it, step })))
  if (all.length === 0) return noData(panel)
  const from = Math.min(...all.map(({ values }) => values[0]![0]))
  const to = Math.max(...all.map(({ values }) => values.at(-1)![0]))
  const percent = (time: number) => (((time - from) / (to - from)) * 100).toFixed(3)
  const lines = all.map(({ name, values }) => {
    const parts: string[] = []
    let begun = values[0]!
    for (const [index, here] of values.entries()) {
      const end = index === values.length - 1
      if (here[1] === begun[1] && !end) continue
      const { text, colour } = show(begun[1], fieldConfig(panel, name), now)
      if (begun[1] !== null)
        parts.push(
          `<i title="${html(text)}" style="left:${percent(begun[0])}%;width:calc(${percent(from + here[0] - begun[0])}% + 1px);background:${colour}"></i>`,
        )
      begun = here
    }
    return `<div class="lane"><span title="${html(name)}">${html(name)}</span><div>${parts.join('')}</div></div>`
  })
  const every = [3_600, 7_200, 10_800, 14_400, 86_400].find((it) => (to - from) / it <= 12) ?? 86_400
  const first = Math.ceil(from / every) * every
  const ticks = Array.from({ length: Math.floor((to - first) / every) + 1 }, (_, index) => {
    const time = first + index * every
    return `<span style="left:${percent(time)}%">${new Date(time * 1_000).toISOString().slice(to - from > 2 * 86_400 ? 5 : 11, to - from > 2 * 86_400 ? 10 : 16)}</span>`
  })
  const legend = Object.values(panel.fieldConfig?.defaults.mappings?.[0]?.options ?? {}).map(
    ({ text, color }) => `<span><i style="background:${color}"></i>${html(text)}</span>`,
  )
  return `<div class="lanes">${lines.join('')}</div><div class="ticks">${ticks.join('')}</div><div class="legend">${legend.join('')}</div>`
}

const markdown = (text: string): string =>
  `<ul class="text">${[...text.matchAll(/^- \[([^\]]+)\]\((.+)\)$/gm)].map(([, title]) => `<li><u>${html(title)}</u></li>`).join('')}</ul>`

export type { LinkModel }

const STYLE = `
*{box-sizing:border-box}body{margin:0;width:${WIDTH}px;position:relative;background:#111217;color:#ccccdc;font:13px/1.4 Inter,"Liberation Sans",Arial,sans-serif;overflow:hidden}
header{position:absolute;top:12px;left:16px;right:16px;display:flex;justify-content:space-between;align-items:baseline}
h1{font-size:18px;font-weight:500;margin:0;color:#fff}.time{color:#9fa0ab}
nav{position:absolute;top:50px;left:16px;right:16px;display:flex;gap:8px;align-items:center}
.pill{border:1px solid #34363d;border-radius:3px;padding:4px 8px;background:#181b1f;white-space:nowrap}.pill b{color:#8e9aff;font-weight:500;margin-right:8px}
.links{margin-left:auto;display:flex;gap:10px}.link{color:#9fc5ff;white-space:nowrap}
main{position:absolute;left:0}section{position:absolute;background:#181b1f;border:1px solid #26282e;border-radius:3px;overflow:hidden}
h2{font-size:13.5px;font-weight:500;margin:0;padding:6px 10px;height:32px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:#d8d9da}.out{color:#6e9fff}
.body{position:absolute;inset:32px 0 0 0;padding:0 10px 8px}.row{position:absolute;color:#d8d9da;font-size:15px;font-weight:500;padding-top:6px}
.stat{font-size:30px;font-weight:500;text-align:center;padding-top:14px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.none{position:absolute;inset:0 10px 20px;display:flex;align-items:center;justify-content:center;color:#8e8e9a;font-size:15px;text-align:center}
.error{color:#ff7383;white-space:pre-wrap}u{text-decoration:none;color:#8ab8ff}
table{border-collapse:collapse;width:100%}.rows{table-layout:fixed}th{text-align:left;color:#8ab8ff;font-weight:500;height:30px;padding:0 8px;border-bottom:1px solid #26282e}
.rows td{height:30px;padding:0 8px;border-bottom:1px solid #26282e;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.right{text-align:right}.rows th{overflow:hidden;white-space:nowrap}
.gauge td{height:30px;padding:0 6px;white-space:nowrap}.gauge .wide{width:70%}.gauge i{display:block;height:18px;border-radius:2px}
.lanes{display:flex;flex-direction:column;gap:3px;position:absolute;left:10px;right:10px;top:0;bottom:46px}
.lane{flex:1;display:flex;align-items:center;min-height:0;max-height:38px}.lane span{width:190px;flex:none;padding-right:8px;text-align:right;color:#b5b6c0;font-size:12px;line-height:1;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.lane div{position:relative;flex:1;height:80%;overflow:hidden}.lane i{position:absolute;top:0;bottom:0;opacity:.9}
.ticks{position:absolute;bottom:27px;left:200px;right:10px;height:16px;color:#8e8e9a;font-size:11px}.ticks span{position:absolute;transform:translateX(-50%)}
.legend{position:absolute;bottom:5px;left:10px;display:flex;gap:14px;font-size:12px}.legend i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:6px;vertical-align:middle}
.chart{position:absolute}.side{position:absolute;font-size:12px;overflow:hidden}.side td{padding:1px 4px;white-space:nowrap}.side th{height:18px;padding:0 4px;font-size:11px;border:0;text-align:right;font-weight:400}
.side i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:6px;vertical-align:middle}.side td:first-child{max-width:170px;overflow:hidden;text-overflow:ellipsis}
.heat{position:absolute;left:60px;right:14px;top:6px;bottom:28px}.heat i{position:absolute}.heat b{position:absolute;right:100%;padding-right:8px;font-weight:400;font-size:11px;color:#9fa0ab;white-space:nowrap}
.names{display:flex;flex-wrap:wrap;gap:2px 14px;padding-top:6px}.names span{white-space:nowrap}
.text{margin:4px 0;padding-left:18px;line-height:1.9;font-size:14px}
`

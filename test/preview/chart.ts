import { pixels } from './audit.ts'
import { show, UNITS } from './format.ts'
import type { Mark } from './grafana.ts'
import { fieldConfig, type PanelModel } from './grafana-model.ts'
import type { Answer, Series } from './grafana-tables.ts'

interface Drawn extends Series {
  readonly step: number
  readonly colour: string
}

const CALCS: Readonly<Record<string, { title: string; of: (values: readonly number[]) => number | undefined }>> = {
  sum: { title: 'Total', of: (values) => values.reduce((sum, value) => sum + value, 0) },
  max: { title: 'Max', of: (values) => (values.length > 0 ? Math.max(...values) : undefined) },
  lastNotNull: { title: 'Last *', of: (values) => values.at(-1) },
}

/** A time series panel: a chart by Apache ECharts, and the legend as a table below or next to it. */
export function chart(panel: PanelModel, answers: readonly Answer[], marks: readonly Mark[], now: number): string {
  const drawn: Drawn[] = answers
    .flatMap(({ series, step }) => series.map((it) => ({ ...it, step })))
    .map((it, index, all) => {
      const { mode, fixedColor = '' } = fieldConfig(panel, it.name).color ?? {}
      if (mode === 'fixed') return { ...it, colour: fixedColor }
      if (mode === 'shades') return { ...it, colour: shade(fixedColor, index / all.length) }
      throw new Error(`no colours of mode ${mode} here`)
    })
  if (drawn.length === 0) return `<div class="none">${panel.fieldConfig?.defaults.noValue ?? 'No data'}</div>`
  const { width, height } = pixels(panel)
  const right = panel.options?.legend?.placement === 'right'
  const inner = { width: width - 12, height: height - 40 }
  const rows = panel.options?.legend?.calcs.length ? drawn.length : 0.4
  const legendHeight = right ? inner.height : Math.min(inner.height * 0.4, 22 + 20 * rows)
  const legendWidth = right ? Math.min(240, inner.width * 0.4) : inner.width
  const size = right
    ? { width: inner.width - legendWidth, height: inner.height }
    : { width: inner.width, height: inner.height - legendHeight }
  const id = `p${panel.id}`
  const place = right
    ? `left:${size.width + 4}px;top:0;width:${legendWidth}px;height:${legendHeight}px`
    : `left:4px;top:${size.height}px;width:${legendWidth}px;height:${legendHeight}px`
  return `<div class="chart" id="${id}" style="left:4px;top:0;width:${size.width}px;height:${size.height}px"></div>
<div class="side" style="${place}">${legend(panel, drawn, now)}</div>
<script>{const draw=${JSON.stringify(option(panel, drawn, answers, marks))};
const unit=${JSON.stringify(axisTexts(panel, drawn, now))};draw.yAxis.axisLabel.formatter=(value)=>unit[value]??unit[String(+value.toFixed(9))]??'';
echarts.init(document.getElementById('${id}'),null,{renderer:'canvas'}).setOption(draw)}</script>`
}

function legend(panel: PanelModel, drawn: readonly Drawn[], now: number): string {
  const calcs = panel.options?.legend?.calcs ?? []
  if (calcs.length === 0)
    return `<div class="names">${drawn.map(({ name, colour }) => `<span><i style="background:${colour}"></i>${name.replaceAll('<', '&lt;')}</span>`).join('')}</div>`
  const head = `<tr><th></th>${calcs.map((calc) => `<th>${CALCS[calc]!.title}</th>`).join('')}</tr>`
  const lines = drawn
    .map((it) => ({
      it,
      numbers: calcs.map((calc) =>
        CALCS[calc]!.of(it.values.map(([, value]) => value).filter((value) => value !== null)),
      ),
    }))
    .sort((a, b) => (b.numbers.at(-1) ?? 0) - (a.numbers.at(-1) ?? 0))
    .map(({ it: { name, colour }, numbers }) => {
      const cells = numbers.map(
        (value) => `<td class="right">${show(value, { ...fieldConfig(panel, name), noValue: '' }, now).text}</td>`,
      )
      return `<tr><td><i style="background:${colour}"></i>${name.replaceAll('<', '&lt;')}</td>${cells.join('')}</tr>`
    })
  return `<table>${head}${lines.join('')}</table>`
}

const custom = (panel: PanelModel) =>
  panel.fieldConfig?.defaults.custom as
    | {
        drawStyle?: string
        stacking?: { mode: string }
        fillOpacity?: number
        thresholdsStyle?: { mode: string }
        barWidthFactor?: number
        axisSoftMin?: number
        axisSoftMax?: number
      }
    | undefined

const shade = (colour: string, place: number): string =>
  `#${[1, 3, 5]
    .map((at) =>
      Math.round(Number.parseInt(colour.slice(at, at + 2), 16) * (1 - place * 0.75))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

/** Round places on the axis, four or five of them: from 0 unless something is below it, or a share is near its most. */
function axis(panel: PanelModel, drawn: readonly Drawn[]): { min: number; max: number; interval: number } {
  const stacked = custom(panel)?.stacking?.mode === 'normal'
  const length = drawn[0]!.values.length
  let most = custom(panel)?.axisSoftMax ?? 0
  const known = drawn.flatMap(({ values }) => values.map(([, value]) => value)).filter((value) => value !== null)
  const least = Math.min(...known.filter(Number.isFinite))
  const { min: fixedMin, max: fixedMax } = panel.fieldConfig?.defaults ?? {}
  if (fixedMin === undefined && fixedMax === 1 && least > 0) {
    const interval = [0.25, 0.1, 0.05, 0.02, 0.01].find((it) => 1 - least > 2 * it) ?? 0.005
    return { min: Math.floor(least / interval) * interval, max: 1, interval }
  }
  for (let index = 0; index < length; index++) {
    const here = drawn.map(({ values }) => values[index]?.[1] ?? 0).filter(Number.isFinite)
    most = Math.max(most, stacked ? here.reduce((sum, value) => sum + value, 0) : Math.max(0, ...here))
  }
  const fixed = panel.fieldConfig?.defaults.max
  const bytes = panel.fieldConfig?.defaults.unit === 'bytes'
  const target = (fixed ?? (most || 1)) / 4
  const days = panel.fieldConfig?.defaults.unit === 's' && target > 43_200 ? 86_400 : 1
  const base = bytes ? 2 ** Math.floor(Math.log2(target)) : days * 10 ** Math.floor(Math.log10(target / days))
  const factor = bytes ? (target / base > 1 ? 2 : 1) : [1, 2, 2.5, 5, 10].find((it) => it * base >= target * 0.999)!
  const whole = panel.fieldConfig?.defaults.decimals === 0 ? Math.max(1, Math.ceil(factor * base)) : factor * base
  return {
    interval: whole,
    min: fixedMin ?? Math.floor(Math.min(0, least) / whole) * whole,
    max: fixed ?? Math.ceil((most || 1) / whole - 1e-9) * whole,
  }
}

function axisTexts(panel: PanelModel, drawn: readonly Drawn[], now: number): Record<string, string> {
  const { min, max, interval } = axis(panel, drawn)
  const { unit = 'short', decimals } = panel.fieldConfig!.defaults
  const texts: Record<string, string> = {}
  for (let value = min; value <= max * 1.001; value += interval) {
    const rounded = +value.toFixed(9)
    texts[String(rounded)] = UNITS[unit]!(
      rounded,
      decimals ?? (unit === 'percentunit' && interval >= 0.01 ? 0 : undefined),
      now,
    )
  }
  return texts
}

function option(panel: PanelModel, drawn: readonly Drawn[], answers: readonly Answer[], marks: readonly Mark[]) {
  const style = custom(panel)
  const bars = style?.drawStyle === 'bars'
  const stack = style?.stacking?.mode === 'normal' ? { stack: 'A' } : {}
  const from = Math.min(...drawn.map(({ values }) => values[0]![0])) * 1_000
  const to = Math.max(...drawn.map(({ values }) => values.at(-1)![0])) * 1_000
  /** Pixels between the axis and the end, about. */
  const plot = pixels(panel).width * (panel.options?.legend?.placement === 'right' ? 0.6 : 1) - 60
  const long = to - from > 2 * 86_400_000
  const limits =
    style?.thresholdsStyle?.mode === 'dashed'
      ? panel.fieldConfig!.defaults.thresholds!.steps.filter(({ value }) => value !== null)
      : []
  const { min, max, interval } = axis(panel, drawn)
  const series: Record<string, unknown>[] = drawn.map(({ name, values, colour, step }) => ({
    name,
    type: bars ? 'bar' : 'line',
    ...stack,
    // A bar stands for the time before its moment.
    data: values.map(([time, value]) => [time * 1_000 - (bars ? step * 500 : 0), value]),
    showSymbol: false,
    barWidth: Math.max(1, Math.floor(((style?.barWidthFactor ?? 0.6) * plot) / Math.max(1, values.length))),
    lineStyle: { width: 1.8 },
    itemStyle: { color: colour },
    color: colour,
    ...(!bars && { areaStyle: { opacity: (style?.fillOpacity ?? 0) / 100 } }),
  }))
  const line = (more: object, color: string) => ({
    ...more,
    lineStyle: { color, type: 'dashed', width: 1 },
    label: { show: false },
  })
  series.push({
    type: 'line',
    data: [],
    markLine: {
      silent: true,
      symbol: 'none',
      data: [
        ...marks.map(({ time, colour }) => line({ xAxis: time * 1_000 }, colour)),
        ...limits.filter(({ value }) => value! <= max).map(({ value, color }) => line({ yAxis: value }, color)),
      ],
    },
  })
  const dots = answers.flatMap(({ exemplars }) => exemplars).filter(({ time }) => time * 1_000 >= from)
  if (dots.length > 0)
    series.push({
      type: 'scatter',
      symbol: 'diamond',
      symbolSize: 9,
      z: 9,
      itemStyle: { color: '#ffffff', borderColor: '#5794F2', borderWidth: 2 },
      // Of a counter the exemplar's value is its total: Grafana keeps it within the axis.
      data: dots.map(({ time, value }) => [time * 1_000, Math.min(value, max)]),
    })
  const grid = { lineStyle: { color: '#26282e' } }
  return {
    animation: false,
    useUTC: true,
    grid: { left: 8, right: 14, top: 10, bottom: 4, containLabel: true },
    xAxis: {
      type: 'time',
      min: from,
      max: to,
      splitNumber: 6,
      axisLabel: { color: '#9fa0ab', fontSize: 11, hideOverlap: true, formatter: long ? '{MM}-{dd}' : '{HH}:{mm}' },
      splitLine: { show: true, ...grid },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      min,
      max,
      interval,
      axisLabel: { color: '#9fa0ab', fontSize: 11 },
      splitLine: grid,
    },
    series,
  }
}

import type { Prometheus } from '../support/prometheus.ts'
import { type DashboardModel, number, type PanelModel, type Target, type VariableModel } from './grafana-model.ts'
import { type Answer, exemplars, type Series } from './grafana-tables.ts'

/** Seconds since the epoch. */
export interface Range {
  readonly from: number
  readonly to: number
}

export interface Scene {
  readonly prometheus: Prometheus
  readonly range: Range
  /** Of the data source's settings, seconds. */
  readonly scrapeInterval: number
  /** Chosen values; All where there is none. */
  readonly chosen?: Readonly<Record<string, string | readonly string[]>>
}

interface Variable {
  readonly model: VariableModel
  readonly options: readonly string[]
  /** What is in a query. */
  readonly value: string | readonly string[]
}
export type Variables = ReadonlyMap<string, Variable>

/** Asks for the variables in their order, since later ones depend on earlier ones. */
export async function resolveVariables(dashboard: DashboardModel, scene: Scene): Promise<Variables> {
  const variables = new Map<string, Variable>()
  for (const model of dashboard.templating.list) {
    const { name, type } = model
    if (type !== 'query') {
      const value = type === 'datasource' ? String(model.query) : String(model.current?.value ?? model.query ?? '')
      variables.set(name, { model, options: [value], value })
      continue
    }
    const text = typeof model.query === 'string' ? model.query : model.query!.query
    const options = await labelValues(interpolate(text, variables, {}), scene)
    const chosen = scene.chosen?.[name]
    const all = model.allValue ?? options
    variables.set(name, { model, options, value: chosen ?? (model.includeAll ? all : (options[0] ?? '')) })
  }
  return variables
}

async function labelValues(query: string, { prometheus, range }: Scene): Promise<string[]> {
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? []
  if (!selector || !label) throw new Error(`no query of label values: ${query}`)
  const values = await prometheus.api<string[]>(`label/${label}/values`, {
    'match[]': selector,
    start: String(range.from),
    end: String(range.to),
  })
  return values.filter((value) => value !== '')
}

/** Puts variables into PromQL: several values as a regular expression, one as it is (Grafana's rules of escaping). */
export function interpolate(text: string, variables: Variables, more: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$(?:\{(\w+)(?::(\w+))?\}|(\w+))/g,
    (whole, braced?: string, _format?: string, bare?: string) => {
      const name = (braced ?? bare)!
      if (name in more) return more[name]!
      const variable = variables.get(name)
      if (!variable) throw new Error(`no variable ${whole} for: ${text}`)
      const { value, model } = variable
      if (value === model.allValue) return value
      if (!model.multi && !model.includeAll) return String(value).replaceAll(/[\\"]/g, '\\$&')
      const list = (Array.isArray(value) ? value : [value]).map((it: string) =>
        it.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\\\$&'),
      )
      return list.length === 1 ? list[0]! : `(${list.join('|')})`
    },
  )
}

/** Upper bounds and what is taken below them, seconds. */
const ROUNDED: readonly (readonly [number, number])[] = [
  ...([
    [1.5, 1],
    [3.5, 2],
    [7.5, 5],
    [12.5, 10],
    [17.5, 15],
    [25, 20],
    [45, 30],
    [90, 60],
    [210, 120],
  ] as const),
  ...([
    [450, 300],
    [750, 600],
    [1_050, 900],
    [1_500, 1_200],
    [2_700, 1_800],
    [5_400, 3_600],
    [9_000, 7_200],
  ] as const),
  ...([
    [16_200, 10_800],
    [32_400, 21_600],
    [86_400, 43_200],
    [604_800, 86_400],
  ] as const),
]

const seconds = (text: string): number => {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  return Number(number) * { s: 1, m: 60, h: 3_600, d: 86_400 }[unit as 's' | 'm' | 'h' | 'd']
}

/** @param width pixels of the panel: as many points as that, unless the panel says otherwise */
export function stepOf(panel: PanelModel, { range, scrapeInterval }: Scene, width: number): number {
  const exact = (range.to - range.from) / (panel.maxDataPoints ?? width)
  const rounded = ROUNDED.find(([below]) => exact < below)?.[1] ?? 604_800
  return Math.max(
    rounded,
    panel.interval ? seconds(panel.interval) : scrapeInterval,
    Math.ceil((range.to - range.from) / 11_000),
  )
}

export function builtIns(step: number, { range, scrapeInterval }: Scene): Record<string, string> {
  const whole = Math.round(range.to - range.from)
  return {
    __interval: `${step}s`,
    __interval_ms: String(step * 1_000),
    __rate_interval: `${Math.max(step + scrapeInterval, 4 * scrapeInterval)}s`,
    __range: `${whole}s`,
    __range_s: String(whole),
    __range_ms: String(whole * 1_000),
  }
}

/** Asks all queries of a panel. A query that fails is an answer with its error. */
export function ask(panel: PanelModel, variables: Variables, scene: Scene, width: number): Promise<Answer[]> {
  const step = stepOf(panel, scene, width)
  return Promise.all((panel.targets ?? []).map((target) => askOne(target, step, variables, scene)))
}

type Matrix = { result: { metric: Record<string, string>; values: [number, string][] }[] }
type Vector = { resultType: string; result: { metric: Record<string, string>; value: [number, string] }[] }

export async function askOne(target: Target, step: number, variables: Variables, scene: Scene): Promise<Answer> {
  const { prometheus, range } = scene
  const instant = target.instant === true && target.range !== true
  let expr = target.expr
  const answer = { refId: target.refId, step, instant }
  try {
    expr = interpolate(target.expr, variables, builtIns(step, scene))
    // Grafana aligns a range to its step.
    const from = Math.floor(range.from / step) * step
    const to = Math.floor(range.to / step) * step
    if (instant) {
      const { result } = await prometheus.api<Vector>('query', { query: expr, time: String(range.to) })
      const series = result.map(({ metric, value }) => named(target, metric, [[value[0], number(value[1])]]))
      return { ...answer, expr, series, exemplars: [] }
    }
    const parameters = { query: expr, start: String(from), end: String(to), step: String(step) }
    const { result } = await prometheus.api<Matrix>('query_range', parameters)
    const series = result.map(({ metric, values }) => {
      const byTime = new Map(values.map(([time, value]) => [time, number(value)]))
      const filled: [number, number | null][] = []
      for (let time = from; time <= to; time += step) filled.push([time, byTime.get(time) ?? null])
      return named(target, metric, filled)
    })
    return { ...answer, expr, series, exemplars: target.exemplar ? await exemplars(prometheus, parameters) : [] }
  } catch (error) {
    return { ...answer, expr, series: [], exemplars: [], error: (error as Error).message }
  }
}

function named({ legendFormat, format }: Target, labels: Record<string, string>, values: Series['values']): Series {
  const name =
    legendFormat && format !== 'table'
      ? legendFormat.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '')
      : JSON.stringify(labels)
  return { name, labels, values }
}

export interface Mark {
  readonly time: number
  readonly text: string
  readonly colour: string
}

/** Moments that the dashboard's annotations give by their values, or by when their series begin. */
export async function marks(dashboard: DashboardModel, variables: Variables, scene: Scene): Promise<Mark[]> {
  const all: Mark[] = []
  for (const { expr, titleFormat = '', iconColor, useValueForTime } of dashboard.annotations.list) {
    if (!expr) continue
    const { series } = await askOne({ refId: 'Anno', expr, legendFormat: titleFormat }, 300, variables, scene)
    if (!useValueForTime) {
      for (const { name: text, values } of series)
        for (const [index, [time, value]] of values.entries())
          if (value !== null && (values[index - 1]?.[1] ?? null) === null && time > scene.range.from)
            all.push({ time, text, colour: iconColor })
      continue
    }
    for (const { name, values } of series)
      for (const milliseconds of new Set(values.map(([, value]) => value)))
        if (milliseconds !== null && milliseconds / 1_000 >= scene.range.from)
          all.push({ time: milliseconds / 1_000, text: name, colour: iconColor })
  }
  return all
}

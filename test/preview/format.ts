import type { FieldConfig } from './grafana-model.ts'

/** Texts and colours of values, as Grafana's units, mappings and thresholds make them. Times are UTC here. */

const trim = (value: number, decimals: number | undefined): string => {
  if (decimals !== undefined) return value.toFixed(decimals)
  const size = Math.abs(value)
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

function scaled(value: number, decimals: number | undefined, base: number, units: readonly string[]): string {
  let index = 0
  let rest = value
  while (Math.abs(rest) >= base && index < units.length - 1) {
    rest /= base
    index++
  }
  return `${trim(rest, decimals ?? (index > 0 ? 2 : undefined))}${units[index]}`
}

function duration(value: number, decimals: number | undefined): string {
  const size = Math.abs(value)
  if (size === 0) return '0 s'
  if (size < 1e-3) return `${trim(value * 1e6, decimals)} µs`
  if (size < 1) return `${trim(value * 1e3, decimals)} ms`
  if (size < 60) return `${trim(value, decimals)} s`
  if (size < 3_600) return `${trim(value / 60, decimals)} mins`
  if (size < 86_400) return `${trim(value / 3_600, decimals)} hours`
  return `${trim(value / 86_400, decimals)} days`
}

function fromNow(milliseconds: number, now: number): string {
  const minutes = (now - milliseconds) / 60_000
  const say = (count: number, unit: string) =>
    `${count < 1.5 ? (unit === 'hour' ? 'an' : 'a') : Math.round(count)} ${unit}${count < 1.5 ? '' : 's'} ago`
  if (minutes < 0.75) return 'a few seconds ago'
  if (minutes < 45) return say(minutes, 'minute')
  if (minutes < 22 * 60) return say(minutes / 60, 'hour')
  return say(minutes / 1_440, 'day')
}

/** Units that this repository's dashboards may use. @param now seconds since the epoch */
export const UNITS: Readonly<Record<string, (value: number, decimals: number | undefined, now: number) => string>> = {
  short: (value, decimals) => scaled(value, decimals, 1_000, ['', ' K', ' Mil', ' Bil']),
  percentunit: (value, decimals) => `${trim(value * 100, decimals ?? (value * 100 < 10 ? 2 : 1))}%`,
  bytes: (value, decimals) => scaled(value, decimals, 1_024, [' B', ' KiB', ' MiB', ' GiB']),
  s: (value, decimals) => duration(value, decimals),
  'suffix: d': (value, decimals) => `${trim(value, decimals)} d`,
  dateTimeFromNow: (value, _, now) => fromNow(value, now * 1_000),
  dateTimeAsIsoNoDateIfToday: (value, _, now) => {
    const iso = new Date(value).toISOString().replace('T', ' ').slice(0, 19)
    return iso.slice(0, 10) === new Date(now * 1_000).toISOString().slice(0, 10) ? iso.slice(11) : iso
  },
}

export interface Shown {
  readonly text: string
  readonly colour: string | undefined
}

/** @throws on a unit that is not known here */
export function show(value: number | string | null | undefined, config: FieldConfig, now: number): Shown {
  const mapped = config.mappings?.[0]?.options[String(value)]
  const steps = config.thresholds?.steps ?? []
  const reached = typeof value === 'number' ? steps.filter((step) => step.value === null || value >= step.value) : []
  const colour = mapped?.color ?? reached.at(-1)?.color
  if (value === null || value === undefined || Number.isNaN(value))
    return { text: config.noValue ?? '', colour: undefined }
  if (mapped?.text !== undefined) return { text: mapped.text, colour }
  if (typeof value === 'string') return { text: value, colour: undefined }
  const unit = UNITS[config.unit ?? 'short']
  if (!unit) throw new Error(`no unit ${config.unit} here`)
  return { text: unit(value, config.decimals, now), colour }
}

/** Durations and sizes as written in a configuration. */

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  k: 1e3,
  kB: 1e3,
  M: 1e6,
  MB: 1e6,
  G: 1e9,
  GB: 1e9,
  T: 1e12,
  TB: 1e12,
  Ki: 2 ** 10,
  KiB: 2 ** 10,
  Mi: 2 ** 20,
  MiB: 2 ** 20,
  Gi: 2 ** 30,
  GiB: 2 ** 30,
  Ti: 2 ** 40,
  TiB: 2 ** 40,
}

/** Prometheus's duration syntax: `900ms`, `30d`, `1h30m`. No look-ahead: Helm reads these patterns with RE2. */
export const DURATION_PATTERN = '^([0-9]{1,9}(ms|s|m|h|d|w))+$'
/** Kubernetes' and everyday size suffixes: `64KiB`, `1Gi`, `500MB`. */
export const SIZE_PATTERN = '^[0-9]{1,12}(B|k|kB|M|MB|G|GB|T|TB|Ki|KiB|Mi|MiB|Gi|GiB|Ti|TiB)?$'

/** @returns milliseconds, or undefined if the text is not a duration */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|s|m|h|d|w)/g))
    total += Number(count) * DURATION_UNITS[unit!]!
  return total
}

/** @returns bytes, or undefined if the text is not a size */
export function parseSize(text: string): number | undefined {
  if (!new RegExp(SIZE_PATTERN).test(text)) return undefined
  const [, count, unit] = /^([0-9]+)(.*)$/.exec(text)!
  return Number(count) * SIZE_UNITS[unit!]!
}

/** `90000` → `1m30s`: the shortest text that `parseDuration` reads back as the same number of milliseconds. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds)
  let text = ''
  for (const [unit, size] of Object.entries(DURATION_UNITS).toReversed()) {
    if (rest < size || unit === 'w') continue
    text += `${Math.floor(rest / size)}${unit}`
    rest %= size
  }
  return text || '0s'
}

/** `65536` → `64KiB`: in the largest binary unit that divides it, else in bytes. */
export function formatSize(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const size = SIZE_UNITS[unit]!
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  }
  return `${bytes}B`
}

/** A number of milliseconds or bytes as people write it, by the `x-unit` of its schema. */
export const humanUnit = { duration: formatDuration, size: formatSize } as const

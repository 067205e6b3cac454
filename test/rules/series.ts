/** Input series for `promtool test rules`, a sample each `STEP` seconds. */
export const STEP = 15
export const JOB = 'webhook-error-exporter'
export const NAMESPACE = 'shop'

/** A sample; null: none was taken (Prometheus itself was away); stale: the series ended. */
export type Value = number | null | 'stale'
type Segment = readonly [duration: string, value: Value | ((tick: number) => Value)]

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** @returns seconds of a text such as `1h30m` */
export const seconds = (text: string): number =>
  [...text.matchAll(/(\d+)([smhd])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0)

/** Segments one after the other. A function is given the number of samples since its segment began. */
export function values(segments: readonly Segment[], step = STEP): Value[] {
  return segments.flatMap(([duration, value]) =>
    Array.from({ length: Math.round(seconds(duration) / step) }, (_, tick) =>
      typeof value === 'function' ? value(tick) : value,
    ),
  )
}

/** promtool's notation, runs put together. */
export function notation(list: readonly Value[]): string {
  const parts: string[] = []
  for (let start = 0; start < list.length; ) {
    const value = list[start]!
    let end = start + 1
    while (end < list.length && list[end] === list[start]) end++
    const run = end - start
    if (list[start] === null) parts.push(run > 1 ? `_x${run}` : '_')
    else if (value === 'stale') parts.push(...Array.from({ length: run }, () => 'stale'))
    else parts.push(run > 1 ? `${value}x${run - 1}` : `${value}`)
    start = end
  }
  return parts.join(' ')
}

export type Labels = Readonly<Record<string, string>>

export const labelText = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`

/** A series of one process. */
export const series = (name: string, labels: Labels = {}, pod = 'w-0', instance = `10.0.0.1:9464`): string =>
  `${name}${labelText({ namespace: NAMESPACE, job: JOB, instance, pod, ...labels })}`

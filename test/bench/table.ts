import type { Rows } from './figure.ts'
import type { Side } from './sides.ts'

/** One round: the rows of each side, in the order of the sides. */
export type Round = readonly Rows[]

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)

const digitsOf = (value: number): number => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)

/** The median, and how far the rounds lie apart: `12.3 (11.9–14.0)`. Empty without values. */
function cell(values: readonly number[], digits?: number): string {
  if (values.length === 0) return ''
  const order = sorted(values)
  const median = order[Math.floor(order.length / 2)]!
  const decimals = digits ?? (order.every(Number.isInteger) ? 0 : digitsOf(median))
  const shown = (value: number) => value.toFixed(decimals)
  return order.length === 1 ? shown(median) : `${shown(median)} (${shown(order[0]!)}–${shown(order.at(-1)!)})`
}

/**
 * A Markdown table of medians and spreads. Each ratio is the median of the rounds' ratios, since a shared machine's speed
 * drifts from round to round.
 */
export function table(sides: readonly Side[], rounds: readonly Round[]): string {
  const compared = sides.flatMap((side, index) =>
    index === 0 ? [] : sides.slice(0, index).map((base) => ({ base, side })),
  )
  const names = [...new Set(rounds.flatMap((round) => round.flatMap((rows) => Object.keys(rows))))]
  const valuesOf = (side: number, name: string) => rounds.flatMap((round) => round[side]?.[name] ?? [])
  const ratiosOf = (side: number, base: number, name: string) =>
    rounds
      .map((round) => (round[side]?.[name] ?? Number.NaN) / (round[base]?.[name] ?? Number.NaN))
      .filter((ratio) => Number.isFinite(ratio))
  const lines = names.map((name) => [
    name,
    ...sides.map((_, index) => cell(valuesOf(index, name))),
    ...compared.map(({ base, side }) => cell(ratiosOf(sides.indexOf(side), sides.indexOf(base), name), 2)),
  ])
  const head = [
    'figure',
    ...sides.map(({ name }) => name),
    ...compared.map(({ base, side }) => `${side.name} / ${base.name}`),
  ]
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

import { visibleText } from './external-text.ts'

/** `2400000` → `40 minutes`: in the largest unit of which there are at least two, for sentences. */
export function humanDuration(milliseconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ]
  const span = Math.abs(milliseconds)
  const [name, size] = units.find(([, size]) => span >= 2 * size) ?? ['second', 1_000]
  const count = Math.max(1, Math.round(span / size))
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** Milliseconds since the epoch as RFC 3339, UTC. */
export function rfc3339(milliseconds: number): string
export function rfc3339(milliseconds: number | null | undefined): string | null
export function rfc3339(milliseconds: number | null | undefined): string | null {
  return milliseconds == null ? null : new Date(milliseconds).toISOString()
}

/** `  1. first`, `  2. second` …: one line per step. */
export const numbered = (steps: readonly string[], indent = '  '): string =>
  steps.map((step, index) => `${indent}${index + 1}. ${step}`).join('\n')

const LONGEST_QUOTE = 160

/** A message as part of a sentence: one line, bounded. */
export function quoted(message: string): string {
  const text = message.trim()
  return text && `“${visibleText(text, LONGEST_QUOTE)}”`
}

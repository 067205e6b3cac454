import { MAX_CODE, MIN_CODE } from '../../domain/report/signal.ts'

/** What is wrong with a value, in words without the value; as its own class, so that a text is never taken for one. */
export class ValueFault {
  readonly detail: string
  constructor(detail: string) {
    this.detail = detail
  }
}

/** A text; numbers and booleans become one. Bounds are the reader's. */
export function textOf(value: unknown): string | ValueFault {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return new ValueFault(`is ${Array.isArray(value) ? 'a list' : 'an object'} where a text is needed`)
}

/** The text of a URL. A number or boolean is none, so it is a mistake in the mapping or the sender: not an unknown endpoint. */
export function urlTextOf(value: unknown): string | ValueFault {
  return typeof value === 'number' || typeof value === 'boolean'
    ? new ValueFault(`is a ${typeof value} where a URL is needed`)
    : textOf(value)
}

/**
 * A code: an integer, its digits, or a text that begins with an HTTP status (`500 Internal Server Error`). Any other text is
 * no number, and says in words what happened: it has the code 0.
 * @returns the code, and the words that came instead of it or with it
 */
export function codeOf(value: unknown): { readonly code: number; readonly words: string } | ValueFault {
  const text = textOf(value)
  if (text instanceof ValueFault) return text
  const trimmed = text.slice(0, LONGEST_WORDS).trim()
  if (typeof value === 'number' || /^-?[0-9]{1,10}$/.test(trimmed)) {
    const code = Number(trimmed)
    return Number.isInteger(code) && code >= MIN_CODE && code <= MAX_CODE
      ? { code: code === 0 ? 0 : code, words: '' }
      : new ValueFault(`is not an integer from ${MIN_CODE} to ${MAX_CODE}`)
  }
  const status = /^([1-5][0-9]{2})\s+\S/.exec(trimmed)?.[1]
  return status === undefined ? { code: 0, words: trimmed } : { code: Number(status), words: trimmed }
}

/** Characters of a text in the place of a code; no message is kept longer. */
const LONGEST_WORDS = 8_192

/** Digits from which on a number counts milliseconds: as seconds it would be the year 5138. */
const MILLISECONDS = 1e11
const LONGEST_TIME = 100

/**
 * A time: RFC 3339, or seconds or milliseconds since the epoch. It is shown only, so one that cannot be read is none.
 * @returns milliseconds since the epoch
 */
export function timeOf(value: unknown): number | undefined | ValueFault {
  const text = textOf(value)
  if (text instanceof ValueFault) return text
  if (text.length > LONGEST_TIME) return undefined
  const number = /^[0-9]{1,16}(\.[0-9]{1,9})?$/.test(text) ? Number(text) : Number.NaN
  const time = Number.isNaN(number) ? Date.parse(text) : number < MILLISECONDS ? number * 1_000 : number
  return Number.isFinite(time) ? Math.trunc(time) : undefined
}

/** A count; one that cannot be read is none. */
export function countOf(value: unknown): number | undefined | ValueFault {
  const text = textOf(value)
  if (text instanceof ValueFault) return text
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined
}

import type { Clock } from '../../domain/ports/clock.ts'
import { AppError, type FieldFault } from '../../errors.ts'
import { parseDuration } from '../../units.ts'

const TIME_FORMS = 'RFC 3339, seconds since the epoch, or a duration before now such as 15m.'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The last millisecond that RFC 3339 can write. */
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z')

/** A query parameter: how it is documented, and how its text is read. */
export interface Parameter<T> {
  /** JSON Schema, for the API document. */
  readonly schema: { readonly description: string; readonly [keyword: string]: unknown }
  /** What it must be, in words. */
  readonly expected: string
  /** @returns undefined if the text is not as expected */
  readonly read: (text: string) => T | undefined
}

type Parameters = Readonly<Record<string, Parameter<unknown>>>

/** What a request gives of some parameters. */
type Query<P extends Parameters> = { readonly [K in keyof P]?: P[K] extends Parameter<infer T> ? T : never }

/** Text; PostgreSQL stores none with NUL, so none is searched for. */
export const textParameter = (description: string): Parameter<string> => ({
  schema: { type: 'string', description },
  expected: 'must be text without NUL',
  read: (text) => (text.includes('\0') ? undefined : text),
})

/** One of these words. */
export const wordParameter = <const W extends string>(words: readonly W[], description: string): Parameter<W> => ({
  schema: { enum: [...words], description },
  expected: `must be ${words.length === 2 ? words.join(' or ') : `one of ${words.join(', ')}`}`,
  read: (text) => words.find((word) => word === text),
})

/** A time, read as milliseconds since the epoch. */
export const timeParameter = (description: string, clock: Clock): Parameter<number> => ({
  schema: { type: 'string', description: `${description} ${TIME_FORMS}` },
  expected: `must be a time from 1970 to 9999: ${TIME_FORMS}`,
  read(text) {
    const time = readTime(text, clock())
    return time !== undefined && time >= 0 && time <= LAST_TIME ? time : undefined
  },
})

/** @param bounds absent: any integer of up to ten digits */
export const integerParameter = (
  description: string,
  bounds?: { readonly minimum: number; readonly maximum: number; readonly default: number },
): Parameter<number> => ({
  schema: { type: 'integer', ...bounds, description },
  expected: bounds
    ? `must be an integer from ${bounds.minimum} to ${bounds.maximum}`
    : 'must be an integer of at most 10 digits',
  read(text) {
    const number = /^-?\d{1,10}$/.test(text) ? Number(text) : undefined
    return number !== undefined && bounds && (number < bounds.minimum || number > bounds.maximum) ? undefined : number
  },
})

export const limitParameter = (description: string): Parameter<number> =>
  integerParameter(description, { minimum: 1, maximum: 1_000, default: 100 })

export const cursorParameter = (description: string): Parameter<string> => ({
  schema: { type: 'string', description },
  expected: 'must be the value of next in the page before',
  read: (text) => (UUID.test(text) ? text : undefined),
})

/**
 * Reads query parameters by what also documents them.
 * @returns a function that throws AppError `invalid_request` naming every faulty parameter
 */
export function queryReader<P extends Parameters>(parameters: P): (params: URLSearchParams) => Query<P> {
  const known = Object.keys(parameters)
  const unknown = `is not a parameter; ${known.length > 0 ? `known are ${known.join(', ')}` : 'this path takes none'}`
  return (params) => {
    const faults: FieldFault[] = []
    for (const name of new Set(params.keys())) {
      if (!Object.hasOwn(parameters, name)) faults.push({ pointer: name, detail: unknown })
      else if (params.getAll(name).length > 1) faults.push({ pointer: name, detail: 'may be given once' })
    }
    const values: Record<string, unknown> = {}
    for (const [name, { read, expected }] of Object.entries(parameters)) {
      const [text, ...more] = params.getAll(name)
      if (text === undefined || more.length > 0) continue
      const value = read(text)
      if (value === undefined) faults.push({ pointer: name, detail: expected })
      else values[name] = value
    }
    if (faults.length > 0) throw invalidQuery(faults)
    const { since, until } = values
    if (typeof since === 'number' && typeof until === 'number' && since > until)
      throw invalidQuery([{ pointer: 'since', detail: 'must not be after until' }])
    return values as Query<P>
  }
}

function invalidQuery(faults: readonly FieldFault[]): AppError {
  const what = faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')
  return new AppError('invalid_request', `the query is not valid: ${what}`, { faults })
}

/** @returns milliseconds since the epoch */
function readTime(text: string, now: number): number | undefined {
  const ago = parseDuration(text)
  if (ago !== undefined) return now - ago
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Math.round(Number(text) * 1_000)
  // An unencoded plus sign arrives as a space: 2026-11-24T02:11:00 01:00.
  const instant = text.replace(/ (\d\d:\d\d)$/, '+$1')
  if (!/^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d))?$/.test(instant)) return undefined
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = instant.slice(0, 10)
  const midnight = Date.parse(day)
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined
  const parsed = Date.parse(instant)
  return Number.isNaN(parsed) ? undefined : parsed
}

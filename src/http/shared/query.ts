import { AppError, type FieldFault } from '../../errors.ts'
import { parseDuration } from '../../units.ts'

/** How people may write a time, for texts. */
export const TIME_FORMS = 'RFC 3339, seconds since the epoch, or a duration before now such as 15m.'

/** How one parameter is read (undefined where the text is none), and what it must be, for people. */
export type QueryReader = readonly [read: (text: string, now: number) => unknown, expected: string]
export type QueryReaders = Readonly<Record<string, QueryReader>>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The last millisecond that RFC 3339 can write. */
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z')

/** What more than one route takes; times become milliseconds since the epoch. */
export const QUERY_READERS = {
  // PostgreSQL has no text with NUL, and no stored text has one.
  text: [(text) => (text.includes('\0') ? undefined : text), 'text without NUL'],
  time: [
    (text, now) => {
      const time = readTime(text, now)
      return time !== undefined && time >= 0 && time <= LAST_TIME ? time : undefined
    },
    `a time from 1970 to 9999: ${TIME_FORMS}`,
  ],
  limit: [
    (text) => (/^\d{1,4}$/.test(text) && +text >= 1 && +text <= 1_000 ? Number(text) : undefined),
    'an integer from 1 to 1000',
  ],
  cursor: [(text) => (UUID.test(text) ? text : undefined), 'the value of next in the page before'],
} as const satisfies QueryReaders

/**
 * @returns what was given, by name
 * @throws AppError `invalid_request` that names every faulty parameter
 */
export function readQuery(params: URLSearchParams, readers: QueryReaders, now: number): Record<string, unknown> {
  const faults: FieldFault[] = []
  const values: Record<string, unknown> = {}
  for (const name of new Set(params.keys())) {
    const given = params.getAll(name)
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (!reader)
      faults.push({ pointer: name, detail: `is not a parameter; known are ${Object.keys(readers).join(', ')}` })
    else if (given.length > 1) faults.push({ pointer: name, detail: 'may be given once' })
    else {
      values[name] = reader[0](given[0]!, now)
      if (values[name] === undefined) faults.push({ pointer: name, detail: `must be ${reader[1]}` })
    }
  }
  const { since, until } = values
  if (typeof since === 'number' && typeof until === 'number' && since > until)
    faults.push({ pointer: 'since', detail: 'must not be after until' })
  if (faults.length > 0) {
    const what = faults.map((fault) => `${fault.pointer} ${fault.detail}`).join('; ')
    throw new AppError('invalid_request', `the query is not valid: ${what}`, { faults })
  }
  return values
}

/** @returns milliseconds since the epoch */
function readTime(text: string, now: number): number | undefined {
  const ago = parseDuration(text)
  if (ago !== undefined) return now - ago
  if (/^\d{1,11}(\.\d{1,9})?$/.test(text)) return Math.round(Number(text) * 1_000)
  // A plus sign that nobody encoded arrives as a space: 2026-11-24T02:11:00 01:00.
  const instant = text.replace(/ (\d\d:\d\d)$/, '+$1')
  if (!/^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d))?$/.test(instant)) return undefined
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = instant.slice(0, 10)
  const midnight = Date.parse(day)
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined
  const parsed = Date.parse(instant)
  return Number.isNaN(parsed) ? undefined : parsed
}

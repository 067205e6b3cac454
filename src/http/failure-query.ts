import { Type } from 'typebox'
import { CAUSES, type Cause } from '../domain/cause.ts'
import type { Clock } from '../domain/clock.ts'
import type { FailureFilter } from '../domain/journal.ts'
import { AppError, type FieldFault } from '../errors.ts'
import { parseDuration } from '../units.ts'

const time = 'RFC 3339, seconds since the epoch, or a duration before now such as 15m.'

/** Query parameters of `GET /api/v1/failures`; the API document is made from them. */
export const FailureQuerySchema = Type.Object({
  source: Type.Optional(Type.String({ description: 'Exactly this source.' })),
  tenant: Type.Optional(Type.String({ description: 'Exactly this tenant; empty for those without a name.' })),
  endpoint: Type.Optional(Type.String({ description: 'Exactly this endpoint.' })),
  code: Type.Optional(Type.Integer({ description: 'Exactly this code.' })),
  cause: Type.Optional(Type.Enum([...CAUSES], { description: 'Exactly this cause.' })),
  since: Type.Optional(Type.String({ description: `Received at or after. ${time}` })),
  until: Type.Optional(Type.String({ description: `Received before. ${time}` })),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 100,
      description: 'Most failures of a page; ndjson has no pages.',
    }),
  ),
  cursor: Type.Optional(Type.String({ description: '`next` of the page before; ndjson has no pages.' })),
})

export interface FailureQuery {
  readonly filter: FailureFilter
  readonly limit: number
  readonly before?: string
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** How each parameter is read; undefined where the text is none. */
const READERS: Readonly<Record<string, readonly [read: (text: string, now: number) => unknown, expected: string]>> = {
  source: [(text) => text, 'a text'],
  tenant: [(text) => text, 'a text'],
  endpoint: [(text) => text, 'a text'],
  code: [(text) => (/^-?\d{1,10}$/.test(text) ? Number(text) : undefined), 'an integer'],
  cause: [
    (text) => ((CAUSES as readonly string[]).includes(text) ? (text as Cause) : undefined),
    `one of ${CAUSES.join(', ')}`,
  ],
  since: [readTime, `a time: ${time}`],
  until: [readTime, `a time: ${time}`],
  limit: [
    (text) => (/^\d{1,4}$/.test(text) && +text >= 1 && +text <= 1_000 ? Number(text) : undefined),
    'an integer from 1 to 1000',
  ],
  cursor: [(text) => (UUID.test(text) ? text : undefined), 'the value of next in the page before'],
}

/** @throws AppError `invalid_request` that names every faulty parameter */
export function readFailureQuery(params: URLSearchParams, clock: Clock): FailureQuery {
  const now = clock()
  const faults: FieldFault[] = []
  const values: Record<string, unknown> = {}
  for (const name of new Set(params.keys())) {
    const given = params.getAll(name)
    const reader = READERS[name]
    if (!reader)
      faults.push({ pointer: name, detail: `is not a parameter; known are ${Object.keys(READERS).join(', ')}` })
    else if (given.length > 1) faults.push({ pointer: name, detail: 'may be given once' })
    else {
      values[name] = reader[0](given[0]!, now)
      if (values[name] === undefined) faults.push({ pointer: name, detail: `must be ${reader[1]}` })
    }
  }
  if (faults.length > 0) {
    const what = faults.map((fault) => `${fault.pointer} ${fault.detail}`).join('; ')
    throw new AppError('invalid_request', `the query is not valid: ${what}`, { faults })
  }
  const { limit = 100, cursor, ...filter } = values as FailureFilter & { limit?: number; cursor?: string }
  return { filter, limit, ...(cursor !== undefined && { before: cursor }) }
}

/** @returns milliseconds since the epoch */
function readTime(text: string, now: number): number | undefined {
  const ago = parseDuration(text)
  if (ago !== undefined) return now - ago
  if (/^\d{1,11}(\.\d{1,9})?$/.test(text)) return Math.round(Number(text) * 1_000)
  // A plus sign that nobody encoded arrives as a space: 2026-11-24T02:11:00 01:00.
  const instant = text.replace(/ (\d\d:\d\d)$/, '+$1')
  if (!/^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d))?$/.test(instant)) return undefined
  const parsed = Date.parse(instant)
  return Number.isNaN(parsed) ? undefined : parsed
}

import { type StaticDecode, type TObject, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { DecodeUnsafe } from 'typebox/value'
import type { Clock } from '../../domain/clock.ts'
import { rfc3339 } from '../../domain/human.ts'
import { AppError, type FieldFault } from '../../errors.ts'
import { parseDuration } from '../../units.ts'

const TIME_FORMS = 'RFC 3339, seconds since the epoch, or a duration before now such as 15m.'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The last millisecond that RFC 3339 can write. */
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z')

/** Text; PostgreSQL stores none with NUL, so none is searched for. */
export const textParameter = (description: string) =>
  Type.Optional(
    Type.Refine(
      Type.String({ description }),
      (text) => !text.includes('\0'),
      () => 'must be text without NUL',
    ),
  )

/** A time, decoded to milliseconds since the epoch. */
export const timeParameter = (description: string, clock: Clock) => {
  const read = (text: string): number => {
    const time = readTime(text, clock())
    return time !== undefined && time >= 0 && time <= LAST_TIME ? time : Number.NaN
  }
  return Type.Optional(
    Type.Codec(
      Type.Refine(
        Type.String({ description: `${description} ${TIME_FORMS}` }),
        (text) => !Number.isNaN(read(text)),
        () => `must be a time from 1970 to 9999: ${TIME_FORMS}`,
      ),
    )
      .Decode(read)
      .Encode((time) => rfc3339(time)),
  )
}

export const limitParameter = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description }))

export const cursorParameter = (description: string) =>
  Type.Optional(
    Type.Refine(
      Type.String({ description }),
      (text) => UUID.test(text),
      () => 'must be the value of next in the page before',
    ),
  )

/**
 * Reads query parameters by the schema that also documents them.
 * @returns a function that throws AppError `invalid_request` naming every faulty parameter
 */
export function queryReader<T extends TObject>(schema: T): (params: URLSearchParams) => StaticDecode<T> {
  const compiled = Compile(schema)
  const properties: Readonly<Record<string, TSchema>> = schema.properties
  const known = Object.keys(properties)
  const unknown = `is not a parameter; ${known.length > 0 ? `known are ${known.join(', ')}` : 'this path takes none'}`
  return (params) => {
    const faults: FieldFault[] = []
    const fault = (pointer: string, detail: string) => {
      if (!faults.some((earlier) => earlier.pointer === pointer)) faults.push({ pointer, detail })
    }
    const given: Record<string, unknown> = {}
    for (const name of new Set(params.keys())) {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined
      const [text, ...more] = params.getAll(name)
      if (!property) fault(name, unknown)
      else if (more.length > 0) fault(name, 'may be given once')
      else given[name] = isInteger(property) && /^-?\d{1,10}$/.test(text!) ? Number(text) : text
    }
    for (const { instancePath, message } of compiled.Errors(given)) {
      const name = instancePath.slice(1)
      fault(name, expected(properties[name]!) ?? message)
    }
    if (faults.length > 0) throw invalidQuery(faults)
    const values = DecodeUnsafe({}, schema, given) as StaticDecode<T>
    const { since, until } = values as { since?: unknown; until?: unknown }
    if (typeof since === 'number' && typeof until === 'number' && since > until)
      throw invalidQuery([{ pointer: 'since', detail: 'must not be after until' }])
    return values
  }
}

function invalidQuery(faults: readonly FieldFault[]): AppError {
  const what = faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')
  return new AppError('invalid_request', `the query is not valid: ${what}`, { faults })
}

const isInteger = (schema: TSchema): boolean => (schema as { type?: string }).type === 'integer'

/** What a parameter without a refinement must be, in more detail than TypeBox's own messages. */
function expected(schema: TSchema): string | undefined {
  const { enum: values, minimum, maximum } = schema as { enum?: string[]; minimum?: number; maximum?: number }
  if (values) return `must be ${values.length === 2 ? values.join(' or ') : `one of ${values.join(', ')}`}`
  if (!isInteger(schema)) return undefined
  return minimum === undefined ? 'must be an integer' : `must be an integer from ${minimum} to ${maximum}`
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

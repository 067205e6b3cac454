import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Lost, MAX_CODE, MIN_CODE } from '../../domain/signal.ts'
import { AppError, type FieldFault } from '../../errors.ts'
import { invalidReport, readJson } from '../report-errors.ts'

/**
 * RETM's error webhook. Its documentation spells the type of `code` "intger", so digits in a string are taken too.
 * Unknown fields are accepted: they stay in the journal's raw body.
 */
export const ReportSchema = Type.Object(
  {
    code: Type.Union(
      [
        Type.Integer({ minimum: MIN_CODE, maximum: MAX_CODE }),
        Type.String({ pattern: '^-?[0-9]{1,10}$', description: 'The same number as a string of digits.' }),
      ],
      { description: `What the platform saw: an HTTP status or a number of its own, ${MIN_CODE} to ${MAX_CODE}.` },
    ),
    endpoint: Type.String({
      minLength: 1,
      maxLength: 2_048,
      description:
        'URL of the webhook that could not be delivered. Text that is not an http(s) URL is recorded as `invalid`.',
    }),
    message: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: 'Why, in the platform’s words; kept up to 8 KiB.' }),
    ),
  },
  { additionalProperties: true, description: 'The body of one error webhook.' },
)

/** A report as the service uses it. */
export interface Report {
  readonly code: number
  readonly endpoint: string
  /** Empty if the sender gave none. */
  readonly message: string
}

const validator = Compile(ReportSchema)

/** What each field must be, in one sentence; the validator's own texts are about schemas. */
const EXPECTATIONS: Readonly<Record<string, string>> = {
  '/code': `must be an integer from ${MIN_CODE} to ${MAX_CODE}, or the same digits in a string`,
  '/endpoint': 'must be a string of 1 to 2048 characters',
  '/message': 'must be a string or null, or be left out',
}

/**
 * Reads the bytes of a report: UTF-8 (RFC 3629), JSON (RFC 8259), schema, in this order.
 * @throws AppError `invalid_encoding`, `invalid_json`, or `invalid_report` with every faulty field by its JSON pointer
 */
export function parseReport(raw: Uint8Array): Report {
  const document = readJson(raw)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new AppError('invalid_report', 'the report must be a JSON object', {
      faults: [{ pointer: '', detail: 'must be an object with code, endpoint and message' }],
    })
  }
  if (!validator.Check(document)) throw invalidReport(faultsOf(document))
  const { code, endpoint, message } = document as Static<typeof ReportSchema>
  const number = Number(code)
  // Ten digits in a string can still be out of range, which a pattern cannot say.
  if (number < MIN_CODE || number > MAX_CODE)
    throw invalidReport([{ pointer: '/code', detail: EXPECTATIONS['/code']! }])
  // Number('-0') and the JSON number -0 are the code 0.
  return { code: number === 0 ? 0 : number, endpoint, message: message ?? '' }
}

function faultsOf(document: object): FieldFault[] {
  const pointers = new Set<string>()
  for (const error of validator.Errors(document)) {
    if (error.keyword === 'required') {
      for (const field of (error.params as { requiredProperties: string[] }).requiredProperties)
        pointers.add(`/${field}`)
    } else pointers.add(error.instancePath)
  }
  return [...pointers]
    .filter((pointer) => EXPECTATIONS[pointer] !== undefined)
    .map((pointer) => ({
      pointer,
      detail: pointer.slice(1) in document ? EXPECTATIONS[pointer]! : `is missing; it ${EXPECTATIONS[pointer]}`,
    }))
}

/** As `parseReport`, for a report that may lack the endpoint. */
export function explainReport(raw: Uint8Array): Pick<Lost, 'code' | 'message' | 'url'> {
  const { endpoint: url, code, message } = parseReport(withEndpoint(raw))
  return url === MISSING ? { code, message } : { code, message, url }
}

const MISSING = 'missing'

function withEndpoint(raw: Uint8Array): Uint8Array {
  try {
    const given = readJson(raw)
    if (typeof given !== 'object' || given === null || Array.isArray(given) || 'endpoint' in given) return raw
    return Buffer.from(JSON.stringify({ ...given, endpoint: MISSING }))
  } catch {
    // parseReport says what is wrong with it.
    return raw
  }
}

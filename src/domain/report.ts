import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { AppError, type FieldFault } from '../errors.ts'

const MIN_CODE = -2_147_483_648
const MAX_CODE = 4_294_967_295

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
        'URL of the webhook that could not be delivered. Text that is no http(s) URL is recorded as `invalid`.',
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
  /** Empty where the sender gave none. */
  readonly message: string
}

const validator = Compile(ReportSchema)

/** What each field must be, in one sentence; the validator's own texts speak of schemas. */
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
  const document = parseJson(decode(raw))
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

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(raw: Uint8Array): string {
  try {
    return utf8.decode(raw)
  } catch {
    throw new AppError('invalid_encoding', 'the body is not valid UTF-8')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('invalid_json', text.trim() === '' ? 'the body is empty' : 'the body is not valid JSON')
  }
}

function invalidReport(faults: readonly FieldFault[]): AppError {
  const fields = faults.map((fault) => `${fault.pointer.slice(1)} ${fault.detail}`)
  return new AppError('invalid_report', `the report is not valid: ${fields.join('; ')}`, { faults })
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

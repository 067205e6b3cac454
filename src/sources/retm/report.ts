import { type Lost, MAX_CODE, MIN_CODE } from '../../domain/report/signal.ts'
import { AppError, type FieldFault } from '../../errors.ts'
import { invalidReport, readJson } from '../report-errors.ts'
import { isCode, isEndpoint, isMessage, isReport } from './checks.generated.ts'

/** A report as the service uses it. */
export interface Report {
  readonly code: number
  readonly endpoint: string
  /** Empty if the sender gave none. */
  readonly message: string
}

const CODE = `must be an integer from ${MIN_CODE} to ${MAX_CODE}, or the same digits in a string`

/** What each field must be, in one sentence. */
const FIELDS: readonly { key: string; isValid: (value: unknown) => boolean; isOptional?: true; expected: string }[] = [
  { key: 'code', isValid: isCode, expected: CODE },
  { key: 'endpoint', isValid: isEndpoint, expected: 'must be a string of 1 to 2048 characters' },
  { key: 'message', isValid: isMessage, isOptional: true, expected: 'must be a string or null, or be left out' },
]

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
  if (!isReport(document)) throw invalidReport(faultsOf(document))
  const { code, endpoint, message } = document
  const number = Number(code)
  // Ten digits in a string can still be out of range, which a pattern cannot say.
  if (number < MIN_CODE || number > MAX_CODE) throw invalidReport([{ pointer: '/code', detail: CODE }])
  // Number('-0') and the JSON number -0 are the code 0.
  return { code: number === 0 ? 0 : number, endpoint, message: message ?? '' }
}

/** The missing fields first. */
function faultsOf(document: object): FieldFault[] {
  const isMissing = ({ key }: { key: string }) => !(key in document)
  return [
    ...FIELDS.filter((field) => !field.isOptional && isMissing(field)).map(({ key, expected }) => ({
      pointer: `/${key}`,
      detail: `is missing; it ${expected}`,
    })),
    ...FIELDS.filter(
      (field) => !isMissing(field) && !field.isValid((document as Record<string, unknown>)[field.key]),
    ).map(({ key, expected }) => ({ pointer: `/${key}`, detail: expected })),
  ]
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

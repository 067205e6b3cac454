import { AppError, type FieldFault } from '../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads JSON (RFC 8259) in UTF-8 (RFC 3629).
 * @throws AppError `invalid_encoding`, `invalid_json`
 */
export function readJson(raw: Uint8Array): unknown {
  let text: string
  try {
    text = utf8.decode(raw)
  } catch {
    throw new AppError('invalid_encoding', 'the body is not valid UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('invalid_json', text.trim() === '' ? 'the body is empty' : 'the body is not valid JSON')
  }
}

/** The answer to a body that can be parsed and is still not what the source sends; names each field by its JSON pointer. */
export function invalidReport(faults: readonly FieldFault[]): AppError {
  const fields = faults.map((fault) => `${fault.pointer.replace(/^\//, '')} ${fault.detail}`.trim())
  return new AppError('invalid_report', `the report is not valid: ${fields.join('; ')}`, { faults })
}

import { AppError } from '../errors.ts'

export const FORM = 'application/x-www-form-urlencoded'
/** Fields of one form. */
const MOST_FIELDS = 1_000
const AMPERSAND = 0x26

/**
 * Reads a form (URL Standard, application/x-www-form-urlencoded). Of a repeated field the first value counts.
 * @throws AppError `too_large`, before anything is taken apart, for a form of too many fields
 */
export function readForm(raw: Uint8Array): Map<string, string> {
  let fields = 1
  for (const byte of raw) if (byte === AMPERSAND) fields++
  if (fields > MOST_FIELDS) throw new AppError('too_large', `the form has more than ${MOST_FIELDS} fields`)
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(Buffer.from(raw).toString()))
    if (!form.has(name)) form.set(name, value)
  return form
}

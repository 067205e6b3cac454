import { randomHex } from '../random-hex.ts'

/** Version, trace, parent and flags; a later version than 00 may have more after them. */
const FIELDS = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/
const LENGTH = 55

/**
 * Whether the value of a `traceparent` is valid (W3C Trace Context, section 3.2). A request with any other, or with several,
 * counts as one without.
 */
export const isTraceparent = (value: string): boolean =>
  value !== '' && FIELDS.test(value) && (value.length === LENGTH || !value.startsWith('00'))

/** A `traceparent` that starts a trace which is not recorded. */
export function newTraceparent(): string {
  const ids = randomHex(24)
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-00`
}

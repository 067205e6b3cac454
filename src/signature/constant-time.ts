import { timingSafeEqual } from 'node:crypto'

/** Compares two byte strings in a time that depends on their lengths only. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const HEX = /^(?:[0-9a-fA-F]{2})+$/

/** Bytes of a text in hex or standard base64 (RFC 4648 sections 4 and 8); undefined if it is neither complete nor clean. */
export function decode(text: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  if (encoding === 'hex') return HEX.test(text) ? Buffer.from(text, 'hex') : undefined
  if (text === '' || !BASE64.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  // Node ignores what does not fit, missing padding too: another spelling of the same bytes is not the signature that was made.
  return bytes.toString('base64') === text ? bytes : undefined
}

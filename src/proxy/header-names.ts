/** A header's name as it was written, and in lower case. */
export interface HeaderName {
  readonly name: string
  readonly key: string
}

/** Bytes: longer names are rare, and decoded each time. */
const LENGTH = 64
/** A power of two. */
const SLOTS = 256
const slots: (HeaderName | undefined)[] = new Array(SLOTS).fill(undefined)

/**
 * Decodes a name as ISO 8859-1. Applications send the same few names again and again, so the last name of each slot is kept:
 * to compare it takes a fifth of the time of decoding, and lower case another.
 */
export function headerName(bytes: Buffer): HeaderName {
  const { length } = bytes
  if (length === 0 || length > LENGTH) return decoded(bytes)
  const slot = (length * 31 + bytes[0]! * 7 + bytes[length - 1]!) & (SLOTS - 1)
  const known = slots[slot]
  if (known && isSame(known.name, bytes)) return known
  const fresh = decoded(bytes)
  slots[slot] = fresh
  return fresh
}

function isSame(name: string, bytes: Buffer): boolean {
  if (name.length !== bytes.length) return false
  for (let index = 0; index < bytes.length; index++) if (name.charCodeAt(index) !== bytes[index]) return false
  return true
}

function decoded(bytes: Buffer): HeaderName {
  const name = bytes.toString('latin1')
  return { name, key: name.toLowerCase() }
}

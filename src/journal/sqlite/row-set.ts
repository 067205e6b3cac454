/** Rows of one block of the index. A power of two; offsets fit into 16 bits. */
export const BLOCK_ROWS = 16_384
const BITMAP_BYTES = BLOCK_ROWS / 8

/**
 * Encodes which rows of a block have a value: 16-bit little-endian offsets, or a bitmap if that is shorter.
 * @param offsets ascending, each below BLOCK_ROWS
 */
export function encodeRows(offsets: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.min(2 * offsets.length, BITMAP_BYTES))
  if (bytes.length === BITMAP_BYTES) {
    for (const offset of offsets) bytes[offset >> 3]! |= 1 << (offset & 7)
    return bytes
  }
  for (const [index, offset] of offsets.entries()) {
    bytes[2 * index] = offset & 0xff
    bytes[2 * index + 1] = offset >> 8
  }
  return bytes
}

/** @returns the offsets that `encodeRows` was given */
export function decodeRows(bytes: Uint8Array): number[] {
  const offsets: number[] = []
  if (bytes.length < BITMAP_BYTES) {
    for (let at = 0; at < bytes.length; at += 2) offsets.push(bytes[at]! | (bytes[at + 1]! << 8))
    return offsets
  }
  for (let offset = 0; offset < BLOCK_ROWS; offset++)
    if ((bytes[offset >> 3]! >> (offset & 7)) & 1) offsets.push(offset)
  return offsets
}

/** The offsets that are in every set, ascending. @param sets at least one */
export function intersectRows(sets: readonly Uint8Array[]): number[] {
  const [first, ...others] = sets.map(decodeRows)
  return others.reduce((found, rows) => {
    const known = new Set(rows)
    return found.filter((offset) => known.has(offset))
  }, first!)
}

/** Bytes of one request that are kept for another attempt. */
export const COPY_LIMIT = 65_536
/** Bytes that all copies together may take. */
const TOTAL = 64 * 1_048_576

/** What all copies of requests take together, bounded. A request that finds no room is streamed and not repeated. */
export interface CopySpace {
  /** @returns whether there was room */
  take(bytes: number): boolean
  release(bytes: number): void
}

export function createCopySpace(total = TOTAL): CopySpace {
  let used = 0
  return {
    take(bytes) {
      if (used + bytes > total) return false
      used += bytes
      return true
    },
    release(bytes) {
      used -= bytes
    },
  }
}

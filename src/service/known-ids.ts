import { hash } from 'node:crypto'

/** Ids that are remembered for each source at least. */
export const KNOWN_IDS = 10_000

/**
 * The newest ids of each source, in memory: a restart forgets them. 48 bits of each are kept; two ids that share them are
 * taken for the same once in 10^10 signals.
 */
export function knownIds(limit = KNOWN_IDS) {
  const bySource = new Map<string, Set<number>>()
  return {
    /** Remembers an id. @returns whether it was known */
    seen(source: string, tenant: string, id: string): boolean {
      const ids = bySource.get(source) ?? new Set()
      bySource.set(source, ids)
      const key = hash('sha1', `${tenant}\0${id}`, 'buffer').readUIntBE(0, 6)
      if (ids.has(key)) return true
      ids.add(key)
      if (ids.size > limit) ids.delete(ids.values().next().value!)
      return false
    },
  }
}

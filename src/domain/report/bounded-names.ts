import { INVALID_ENDPOINT, OTHER } from './failure.ts'

/** Maximum number of endpoints with incidents and `webhook_endpoint_*` series, configured or not. */
export const ENDPOINT_LIMIT = 500

export interface BoundedNames {
  /** Whether the endpoint has, or would get, its own series; `invalid` and `other` never do. Reserves a slot until `complete`. */
  isTracked(endpoint: string): boolean
  /** Ends an entry for which `isTracked` was true. Only a stored entry takes the slot. */
  complete(endpoint: string, stored: boolean): void
  /**
   * Gives the slots that configured endpoints do not need to the names in the journal, in order.
   * @param failing those with an open incident: each has a slot, also beyond the limit, or its incident would close by
   *   quiet time while it fails
   */
  restore(names: Iterable<string>, failing?: Iterable<string>): void
  /** Takes the slot of one that is not configured. */
  release(endpoint: string): void
  /** Whether the endpoint has a slot now. */
  has(endpoint: string): boolean
}

/**
 * Bounds the endpoints that have incidents: configured ones first, then first come, first served.
 * @param shared whether the journal assigns the slots for all replicas. Then only assigned slots count, and while any are
 *   left every endpoint is tracked, since another replica may already have been assigned its slot.
 */
export function boundedNames(configured: readonly string[], limit = ENDPOINT_LIMIT, shared = false): BoundedNames {
  let names = new Set(configured)
  /** Entries in flight of endpoints without a slot. */
  const pending = new Map<string, number>()
  const fits = (endpoint: string): boolean =>
    names.size + pending.size < limit && endpoint !== INVALID_ENDPOINT && endpoint !== OTHER
  return {
    has: (endpoint) => names.has(endpoint),
    release: (endpoint) => void names.delete(endpoint),
    isTracked(endpoint) {
      if (names.has(endpoint)) return true
      const inFlight = pending.get(endpoint) ?? 0
      if (inFlight === 0 && !fits(endpoint)) return false
      if (!shared) pending.set(endpoint, inFlight + 1)
      return true
    },
    complete(endpoint, stored) {
      if (shared || names.has(endpoint)) return
      const inFlight = pending.get(endpoint) ?? 0
      if (inFlight > 1 && !stored) pending.set(endpoint, inFlight - 1)
      else pending.delete(endpoint)
      if (stored && fits(endpoint)) names.add(endpoint)
    },
    restore(known, failing = []) {
      names = new Set([...configured, ...failing])
      pending.clear()
      for (const name of known) if (shared || fits(name)) names.add(name)
    },
  }
}

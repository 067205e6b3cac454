import { INVALID_ENDPOINT, OTHER } from './failure.ts'

/** Endpoints that have incidents and `webhook_endpoint_*` series, configured or not. */
export const ENDPOINT_LIMIT = 500

export interface BoundedNames {
  /** Whether the endpoint has, or would get, series of its own; `invalid` and `other` never have. */
  isTracked(endpoint: string): boolean
  /** What became of an entry for which `admits` answered yes: only what was stored takes a slot. */
  complete(endpoint: string, stored: boolean): void
  /** Gives the slots of those that are not configured to names that the journal knows, in their order, before any others. */
  restore(names: Iterable<string>): void
}

/**
 * Bounds the endpoints that have incidents: configured ones first, then first come, first served.
 * @param shared whether the journal assigns the slots, to all replicas: then only those that it assigned are taken, and
 *   while it has some left a failure of any endpoint asks for one, since another replica may have got it already
 */
export function boundedNames(configured: readonly string[], limit = ENDPOINT_LIMIT, shared = false): BoundedNames {
  let names = new Set(configured)
  /** Endpoints without a slot, and how many of their entries are on their way. */
  const pending = new Map<string, number>()
  const fits = (endpoint: string): boolean =>
    names.size + pending.size < limit && endpoint !== INVALID_ENDPOINT && endpoint !== OTHER
  return {
    isTracked(endpoint) {
      if (names.has(endpoint)) return true
      const asked = pending.get(endpoint) ?? 0
      if (asked === 0 && !fits(endpoint)) return false
      if (!shared) pending.set(endpoint, asked + 1)
      return true
    },
    complete(endpoint, stored) {
      if (shared || names.has(endpoint)) return
      const asked = pending.get(endpoint) ?? 0
      if (asked > 1 && !stored) pending.set(endpoint, asked - 1)
      else pending.delete(endpoint)
      if (stored && fits(endpoint)) names.add(endpoint)
    },
    restore(known) {
      names = new Set(configured)
      pending.clear()
      for (const name of known) if (shared || fits(name)) names.add(name)
    },
  }
}

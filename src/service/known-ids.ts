import { hash } from 'node:crypto'

/** Ids that are remembered for each source. */
export const KNOWN_IDS = 10_000

/**
 * The newest ids of each source, in memory: a restart forgets them. Each tenant of a source has an equal share of them, and what
 * the others leave: none can make those of another be forgotten. 48 bits of each are kept; two ids that share them are taken for
 * the same once in 10^10 signals.
 */
export function knownIds(limit = KNOWN_IDS) {
  const sources = new Map<string, { total: number; readonly tenants: Map<string, Set<number>> }>()

  /** The oldest one of the tenant that has the most; of this one itself, nearly always, if it has more than its share. */
  function forgetOne(tenants: Map<string, Set<number>>, latest: string): void {
    const own = tenants.get(latest)!
    const [tenant, ids] =
      own.size > Math.max(1, limit / tenants.size)
        ? [latest, own]
        : [...tenants].reduce((most, each) => (each[1].size > most[1].size ? each : most))
    ids.delete(ids.values().next().value!)
    if (ids.size === 0) tenants.delete(tenant)
  }

  return {
    /** Remembers an id. @returns whether it was known */
    seen(source: string, tenant: string, id: string): boolean {
      const of = sources.get(source) ?? { total: 0, tenants: new Map() }
      sources.set(source, of)
      const ids = of.tenants.get(tenant) ?? new Set()
      of.tenants.set(tenant, ids)
      const key = hash('sha1', `${tenant}\0${id}`, 'buffer').readUIntBE(0, 6)
      if (ids.has(key)) return true
      ids.add(key)
      if (of.total === limit) forgetOne(of.tenants, tenant)
      else of.total++
      return false
    },
  }
}

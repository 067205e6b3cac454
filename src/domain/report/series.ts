import { CAUSES } from '../cause/cause.ts'
import { OTHER, VERIFY_ENDPOINT } from './failure.ts'

/** The labels of `webhook_delivery_failures_total`. */
export interface SeriesLabels {
  readonly source: string
  /** Empty unless `metrics.tenantLabel` is set. */
  readonly tenant: string
  readonly endpoint: string
  /** A decimal number, or `other`. */
  readonly code: string
  readonly cause: string
}

/** Labels that are replaced by `other` if a label set exceeds the limit. */
export const OVERFLOW_LABELS = ['code', 'endpoint', 'tenant'] as const
export type OverflowLabel = (typeof OVERFLOW_LABELS)[number]

export interface SeriesUsage {
  readonly admitted: number
  readonly limit: number
  readonly overflow: Readonly<Record<OverflowLabel, number>>
}

/** Label sets reserved for each configured endpoint, so that unknown ones cannot crowd it out. */
export const SETS_PER_ENDPOINT = 20
/** Label sets reserved for each source: `other` with each cause, so that totals stay exact when the limit is reached. */
export const SETS_PER_SOURCE = CAUSES.length

/** The smallest series limit with room for every reserve. */
export const neededSeries = ({ endpoints, sources }: { endpoints: number; sources: number }): number =>
  endpoints * SETS_PER_ENDPOINT + sources * SETS_PER_SOURCE

/** A total as stored in the journal. */
interface Total {
  readonly labels: SeriesLabels
  readonly count: number
  readonly lastFailureAt: number
}

export interface SeriesLimit {
  /**
   * The label set to count under: the given one if it fits, otherwise one with `other` in it. A new set keeps its slot only
   * if `complete` reports something stored under it. Constant time. The returned object is shared: do not change it.
   */
  keep(labels: SeriesLabels): SeriesLabels
  /**
   * Ends an entry; call it after each `keep`. Only a stored entry takes a slot or counts as overflow: a duplicate,
   * a rejection and a 503 leave no trace.
   * @param labels as passed to `keep`
   * @param set as returned by `keep`
   */
  complete(labels: SeriesLabels, set: SeriesLabels, stored: boolean): void
  /** Takes a slot for a label set of another replica. If it does not fit, this replica counts no overflow. */
  registerRemote(labels: SeriesLabels): SeriesLabels
  /**
   * Gives slots to the journal's label sets first, then to those of this process while there is room (an entry in flight
   * may still be counted under one). If there are more sets than slots, the earlier ones stay.
   * @returns the totals to expose; totals of sets that do not fit are added to their `other`, so the sum is the same
   */
  restore<T extends Total>(totals: readonly T[]): Total[]
  usage(): SeriesUsage
}

/** A label set that has a slot. */
interface Slot {
  readonly labels: SeriesLabels
  readonly release: () => void
  /** Entries in flight under this set. */
  pending: number
  stored: boolean
}

/**
 * Bounds the label sets of `webhook_delivery_failures_total`.
 * `SETS_PER_SOURCE` are reserved for each source and `SETS_PER_ENDPOINT` for each configured endpoint; the rest is first
 * come, first served, but endpoints that are not configured take at most half of it: a sender can invent their URLs. Which reserve a set uses does not depend on the order of arrival, so a restart keeps the same sets.
 *
 * If a set does not fit, its code becomes `other` first, then its endpoint (and tenant).
 * @param configured names of the configured endpoints
 * @param limit at least `neededSeries`
 */
export function seriesLimit({
  limit,
  configured,
  sources,
}: {
  readonly limit: number
  readonly configured: readonly string[]
  readonly sources: readonly string[]
}): SeriesLimit {
  const needed = neededSeries({ endpoints: configured.length, sources: sources.length })
  if (limit < needed || sources.length === 0) throw new RangeError(`a series limit of ${limit} is below ${needed}`)
  const overflow = { code: 0, endpoint: 0, tenant: 0 }
  let slots = new Map<string, Slot>()
  /** The last one that was looked up: in an outage nearly all reports are alike, and no key needs to be made. */
  let latest: Slot | undefined
  /** The same slots, by the objects that `keep` returned. */
  let byLabels = new Map<SeriesLabels, Slot>()
  /** What configured endpoints do not need; the others may take half of it. */
  let free = 0
  let freeForOthers = 0
  let reserve = new Map<string, number>()
  /** The slot in each source's reserve, by source and cause. */
  let lastResort = new Map<string, Slot>()

  function reset(): void {
    slots = new Map()
    latest = undefined
    byLabels = new Map()
    free = limit - needed
    freeForOthers = configured.every((name) => name === VERIFY_ENDPOINT) ? free : Math.floor(free / 2)
    reserve = new Map(configured.map((endpoint) => [endpoint, SETS_PER_ENDPOINT]))
    lastResort = new Map()
  }
  reset()

  const hasReserve = (source: string, cause: string): boolean =>
    sources.includes(source) && (CAUSES as readonly string[]).includes(cause)

  /** The set's slot; undefined if it has none and does not fit. */
  function take(labels: SeriesLabels): Slot | undefined {
    if (latest && isSame(latest.labels, labels)) return latest
    const key = seriesKey(labels)
    latest = slots.get(key)
    if (latest) return latest
    const slot = newSlot({ ...labels })
    if (!slot) return undefined
    slots.set(key, slot)
    byLabels.set(slot.labels, slot)
    return slot
  }

  function newSlot(labels: SeriesLabels): Slot | undefined {
    const { source, cause, endpoint, code } = labels
    const slot = (release: () => void): Slot => ({ labels, release, pending: 0, stored: false })
    const resort = `${source}\0${cause}`
    const left = reserve.get(endpoint) ?? 0
    if (endpoint === OTHER && code === OTHER && hasReserve(source, cause) && !lastResort.has(resort)) {
      const last = slot(() => lastResort.delete(resort))
      lastResort.set(resort, last)
      return last
    }
    if (left > 0) {
      reserve.set(endpoint, left - 1)
      return slot(() => reserve.set(endpoint, reserve.get(endpoint)! + 1))
    }
    const isOther = !reserve.has(endpoint)
    if (free === 0 || (isOther && freeForOthers === 0)) return undefined
    free--
    if (isOther) freeForOthers--
    return slot(() => {
      free++
      if (isOther) freeForOthers++
    })
  }

  function place(labels: SeriesLabels): Slot {
    const whole = take(labels)
    if (whole) return whole
    const withoutCode = take({ ...labels, code: OTHER })
    if (withoutCode) return withoutCode
    const rest = { ...labels, endpoint: OTHER, code: OTHER, tenant: labels.tenant === '' ? '' : OTHER }
    const fits = take(rest)
    if (fits) return fits
    // Reached only with a source or cause outside the closed sets, or with both '' and `other` as tenants.
    const source = sources.includes(rest.source) ? rest.source : sources[0]!
    const cause = hasReserve(source, rest.cause) ? rest.cause : 'unknown'
    return lastResort.get(`${source}\0${cause}`) ?? take({ ...rest, source, cause })!
  }

  /** Takes a slot permanently. */
  function claim(labels: SeriesLabels): SeriesLabels {
    const slot = place(labels)
    slot.stored = true
    return slot.labels
  }

  function countOverflow(labels: SeriesLabels, set: SeriesLabels): void {
    if (set.code !== labels.code) overflow.code++
    if (set.endpoint !== labels.endpoint) overflow.endpoint++
    if (set.tenant !== labels.tenant) overflow.tenant++
  }

  return {
    keep(labels) {
      const slot = place(labels)
      slot.pending++
      return slot.labels
    },
    complete(labels, set, stored) {
      if (stored) countOverflow(labels, set)
      const slot = byLabels.get(set)
      if (!slot) return
      slot.pending--
      if (stored) slot.stored = true
      if (slot.stored || slot.pending > 0) return
      if (slot === latest) latest = undefined
      slots.delete(seriesKey(set))
      byLabels.delete(set)
      slot.release()
    },
    registerRemote: claim,
    restore(totals) {
      const earlier = [...slots.values()]
      reset()
      const exposed = new Map<SeriesLabels, { count: number; lastFailureAt: number }>()
      for (const { labels, count, lastFailureAt } of totals) {
        const set = claim(labels)
        const sum = exposed.get(set)
        exposed.set(set, {
          count: count + (sum?.count ?? 0),
          lastFailureAt: Math.max(lastFailureAt, sum?.lastFailureAt ?? lastFailureAt),
        })
      }
      for (const { labels, pending, stored } of earlier) {
        const slot = take(labels)
        if (!slot) continue
        slot.stored ||= stored
        slot.pending += pending
        // Entries in flight complete with the object that they were given.
        byLabels.set(labels, slot)
      }
      return [...exposed].map(([labels, sum]) => ({ labels, ...sum }))
    },
    usage: () => ({
      admitted: [...slots.values()].filter(({ stored }) => stored).length,
      limit,
      overflow: { ...overflow },
    }),
  }
}

const isSame = (a: SeriesLabels, b: SeriesLabels): boolean =>
  a.source === b.source &&
  a.tenant === b.tenant &&
  a.endpoint === b.endpoint &&
  a.code === b.code &&
  a.cause === b.cause

/** Identifies a label set: two with equal labels have the same key. */
export const seriesKey = ({ source, tenant, endpoint, code, cause }: SeriesLabels): string =>
  `${source}\0${tenant}\0${endpoint}\0${code}\0${cause}`

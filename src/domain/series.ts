import { CAUSES } from './cause.ts'
import { OTHER } from './failure.ts'

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

/** Label that was replaced by `other` because the label set did not fit. */
export const OVERFLOW_LABELS = ['code', 'endpoint', 'tenant'] as const
export type OverflowLabel = (typeof OVERFLOW_LABELS)[number]

export interface SeriesUsage {
  readonly admitted: number
  readonly limit: number
  readonly overflow: Readonly<Record<OverflowLabel, number>>
}

/** Label sets kept for each configured endpoint, whatever strangers did before. */
export const SETS_PER_ENDPOINT = 20
/** Label sets kept for each source: `other` with each cause, so that a full limit still counts exactly. */
export const SETS_PER_SOURCE = CAUSES.length

/** Least series limit that keeps every reserve. */
export const neededSeries = ({ endpoints, sources }: { endpoints: number; sources: number }): number =>
  endpoints * SETS_PER_ENDPOINT + sources * SETS_PER_SOURCE

/** A total as the journal holds it. */
interface Total {
  readonly labels: SeriesLabels
  readonly count: number
  readonly lastFailureAt: number
}

export interface SeriesLimit {
  /**
   * The label set to count under: the one given while it fits, else one with `other` in it. A new set keeps its slot only if
   * `complete` says that something was stored under it. Constant time; do not change the object, it is shared.
   */
  keep(labels: SeriesLabels): SeriesLabels
  /**
   * What became of an entry: belongs after each `admit`. Only what was stored takes a slot or counts as overflow: a duplicate,
   * a rejection and a 503 leave no trace.
   * @param labels as given to `admit`
   * @param set as returned by it
   */
  complete(labels: SeriesLabels, set: SeriesLabels, stored: boolean): void
  /** Takes a slot for a set that another replica counts: what does not fit is no overflow of this one. */
  registerRemote(labels: SeriesLabels): SeriesLabels
  /**
   * Makes the journal's label sets the first to be admitted, before those of this process, which follow while there is
   * room (an entry on its way may still be counted under one). Of more sets than fit, the earlier ones stay.
   * @returns the totals to expose: those of sets that do not fit are added to their `other`, so the sum is the same
   */
  restore<T extends Total>(totals: readonly T[]): Total[]
  usage(): SeriesUsage
}

/** A label set that has a slot, and how to give it back. */
interface Slot {
  readonly labels: SeriesLabels
  readonly release: () => void
  /** Entries under this set whose outcome is not known yet. */
  pending: number
  stored: boolean
}

/**
 * Bounds the label sets of `webhook_delivery_failures_total`. Reserved are `SETS_PER_SOURCE` for each source and
 * `SETS_PER_ENDPOINT` for each configured endpoint; the rest is first come, first served. What a set takes depends on
 * the counts alone and not on the order of arrival, so that a restart admits the same sets.
 *
 * What does not fit loses its code first, then its endpoint (and tenant) to `other`.
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
  /** The same by the sets that were handed out. */
  let byLabels = new Map<SeriesLabels, Slot>()
  let free = 0
  let reserve = new Map<string, number>()
  /** The set that holds a source's and cause's reserve. */
  let lastResort = new Map<string, Slot>()

  function reset(): void {
    slots = new Map()
    byLabels = new Map()
    free = limit - needed
    reserve = new Map(configured.map((endpoint) => [endpoint, SETS_PER_ENDPOINT]))
    lastResort = new Map()
  }
  reset()

  const hasReserve = (source: string, cause: string): boolean =>
    sources.includes(source) && (CAUSES as readonly string[]).includes(cause)

  /** The set's slot where it is known or fits. */
  function take(labels: SeriesLabels): Slot | undefined {
    const key = seriesKey(labels)
    const known = slots.get(key)
    if (known) return known
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
    if (free === 0) return undefined
    free--
    return slot(() => free++)
  }

  function place(labels: SeriesLabels): Slot {
    const whole = take(labels)
    if (whole) return whole
    const withoutCode = take({ ...labels, code: OTHER })
    if (withoutCode) return withoutCode
    const rest = { ...labels, endpoint: OTHER, code: OTHER, tenant: labels.tenant === '' ? '' : OTHER }
    const fits = take(rest)
    if (fits) return fits
    // Only a source or cause that is not of the closed sets, or the second of '' and `other` as tenant, comes here.
    const source = sources.includes(rest.source) ? rest.source : sources[0]!
    const cause = hasReserve(source, rest.cause) ? rest.cause : 'unknown'
    return lastResort.get(`${source}\0${cause}`) ?? take({ ...rest, source, cause })!
  }

  /** Takes a slot for good. */
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
        // Entries on their way come back with the set that they were given.
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

/** Identifies a label set: two with equal labels have the same key. */
export const seriesKey = ({ source, tenant, endpoint, code, cause }: SeriesLabels): string =>
  `${source}\0${tenant}\0${endpoint}\0${code}\0${cause}`

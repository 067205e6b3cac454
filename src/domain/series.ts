import { CAUSES } from './cause.ts'
import { INVALID_ENDPOINT, OTHER } from './failure.ts'

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
   * The label set to count under: the one given while it fits, else one with `other` in it. A set once returned is
   * returned for the same labels ever after. Constant time; do not change the object, it is shared.
   */
  admit(labels: SeriesLabels): SeriesLabels
  /** The same for a set that another replica counts: what does not fit is no overflow of this one. */
  learn(labels: SeriesLabels): SeriesLabels
  /**
   * Makes the journal's label sets the first to be admitted, before those of this process, which follow while there is
   * room (an entry on its way may still be counted under one). Of more sets than fit, the earlier ones stay.
   * @returns the totals to expose: those of sets that do not fit are added to their `other`, so the sum is the same
   */
  restore<T extends Total>(totals: readonly T[]): Total[]
  usage(): SeriesUsage
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
  let admitted = new Map<string, SeriesLabels>()
  let free = 0
  let reserve = new Map<string, number>()
  /** The set that holds a source's and cause's reserve. */
  let lastResort = new Map<string, SeriesLabels>()

  function reset(): void {
    admitted = new Map()
    free = limit - needed
    reserve = new Map(configured.map((endpoint) => [endpoint, SETS_PER_ENDPOINT]))
    lastResort = new Map()
  }
  reset()

  const hasReserve = (source: string, cause: string): boolean =>
    sources.includes(source) && (CAUSES as readonly string[]).includes(cause)

  /** The set itself where it is known or fits. */
  function take(labels: SeriesLabels): SeriesLabels | undefined {
    const key = keyOf(labels)
    const known = admitted.get(key)
    if (known) return known
    const own = { ...labels }
    if (!takePlace(own)) return undefined
    admitted.set(key, own)
    return own
  }

  function takePlace(labels: SeriesLabels): boolean {
    const { source, cause, endpoint, code } = labels
    const resort = `${source}\0${cause}`
    const left = reserve.get(endpoint) ?? 0
    if (endpoint === OTHER && code === OTHER && hasReserve(source, cause) && !lastResort.has(resort))
      lastResort.set(resort, labels)
    else if (left > 0) reserve.set(endpoint, left - 1)
    else if (free > 0) free--
    else return false
    return true
  }

  function place(labels: SeriesLabels): SeriesLabels {
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

  return {
    admit(labels) {
      const set = place(labels)
      if (set.code !== labels.code) overflow.code++
      if (set.endpoint !== labels.endpoint) overflow.endpoint++
      if (set.tenant !== labels.tenant) overflow.tenant++
      return set
    },
    learn: place,
    restore(totals) {
      const earlier = [...admitted.values()]
      reset()
      const exposed = new Map<SeriesLabels, { count: number; lastFailureAt: number }>()
      for (const { labels, count, lastFailureAt } of totals) {
        const set = place(labels)
        const sum = exposed.get(set)
        exposed.set(set, {
          count: count + (sum?.count ?? 0),
          lastFailureAt: Math.max(lastFailureAt, sum?.lastFailureAt ?? lastFailureAt),
        })
      }
      for (const labels of earlier) take(labels)
      return [...exposed].map(([labels, sum]) => ({ labels, ...sum }))
    },
    usage: () => ({ admitted: admitted.size, limit, overflow: { ...overflow } }),
  }
}

const keyOf = ({ source, tenant, endpoint, code, cause }: SeriesLabels): string =>
  `${source}\0${tenant}\0${endpoint}\0${code}\0${cause}`

/** Endpoints that have incidents and `webhook_endpoint_*` series, configured or not. */
export const ENDPOINT_LIMIT = 500

export interface BoundedNames {
  /** Whether the endpoint has series of its own. It is given a place while there is one; `invalid` and `other` never are. */
  admits(endpoint: string): boolean
  /** Gives the places of those that are not configured to names that the journal knows, in their order, before any others. */
  restore(names: Iterable<string>): void
}

/**
 * Bounds the endpoints that have incidents: configured ones first, then first come, first served.
 * @param shared whether the journal gives the places away, to all replicas: then only those that it gave are taken, and
 *   while it has some left a failure of any endpoint asks for one, since another replica may have got it already
 */
export function boundedNames(configured: readonly string[], limit = ENDPOINT_LIMIT, shared = false): BoundedNames {
  let names = new Set(configured)
  const fits = (endpoint: string): boolean =>
    names.has(endpoint) || (names.size < limit && endpoint !== INVALID_ENDPOINT && endpoint !== OTHER)
  return {
    admits(endpoint) {
      if (!fits(endpoint)) return false
      if (!shared) names.add(endpoint)
      return true
    },
    restore(known) {
      names = new Set(configured)
      for (const name of known) if (shared || fits(name)) names.add(name)
    },
  }
}

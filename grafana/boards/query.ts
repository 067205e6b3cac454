import { SIGNALS, type SignalKey } from '../signals.ts'

/**
 * PromQL of panels. The dashboards read what the service itself exposes, and nothing that recording rules make of it, so
 * that they work for those who load no rules.
 */

/**
 * Matchers of what the variables choose. An external label such as `cluster` is often not there at all: then its variable
 * is `.*`, and matching goes on.
 */
export const IN_RELEASE = 'cluster=~"$cluster", namespace=~"$namespace", job=~"$job"'
/** The endpoint that the variable chooses. */
export const OF_ENDPOINT = 'endpoint="$endpoint"'
/** What identifies an endpoint among all releases. */
export const KEY = 'cluster, namespace, job, endpoint'

/** A selector of what the variables choose. @param suffix of a histogram's series, such as `_bucket` */
export function select(key: SignalKey, matchers: readonly string[] = [], suffix = ''): string {
  return `${SIGNALS[key].name}${suffix}{${[IN_RELEASE, ...matchers].join(', ')}}`
}

/** The scrape's own health. */
export const UP = `up{${IN_RELEASE}}`

/**
 * Excludes endpoints of teams that are not selected. Endpoints without a team (`invalid`, `other`, a missing info series, an
 * unconfigured endpoint) stay, because no team's dashboard would show them otherwise.
 */
export function ofTeam(expr: string): string {
  return `(${expr}) unless on (${KEY}) ${select('endpointInfo', ['team!~"$team|"'])}`
}

/** One series an endpoint, whatever pods show it. */
export const perEndpoint = (key: SignalKey, matchers: readonly string[] = [], by: 'max' | 'min' = 'max'): string =>
  `${by} by (${KEY}) (${select(key, matchers)})`

/** Where an incident is open now. */
export const IS_OPEN = `${perEndpoint('incidentOpen')} == 1`

/** What a series of failures is, whatever pod shows it. */
const DELIVERY = `${KEY}, source, code, cause`

/** What failures are counted by besides the endpoint, and which of them. */
export interface Failures {
  readonly by?: readonly string[]
  readonly matchers?: readonly string[]
}

interface Window {
  /** Such as `$__interval`. */
  readonly window: string
  /** The same as a number. */
  readonly seconds: string
  /** How long the last value stands in where none is there; at most the window. */
  readonly held: string
}

/**
 * Exactly how many failures a window counted: the difference to the window's beginning; `increase` would extrapolate one
 * failure to 1.33. Their counters continue across restarts, so replicas are added up first. Where scraping has a gap the
 * last value of `held`, and before the window that of six hours, stands in: of pods the greatest now, the sum before, so
 * that one that was replaced can hide a failure and never invents one. Fewer labels make it several times faster. What was not there before is credited what it shows
 * only if it was counted within the window by its own time, so that a restored total is no new failure.
 */
function failuresIn({ window, seconds, held }: Window, { by = [], matchers = [] }: Failures): string {
  const x = select('deliveryFailures', matchers)
  const labels = [KEY, ...by].join(', ')
  const now = `(sum by (${labels}) (${x}) or sum by (${labels}) (max by (${DELIVERY}) (last_over_time(${x}[${held}]))))`
  const before = `sum by (${labels}) (${x} offset ${window}) or sum by (${labels}) (last_over_time(${x}[6h] offset ${window}))`
  const counted = `max by (${labels}) (last_over_time(${select('lastFailure', matchers)}[${held}]))`
  return `clamp_min(${now} - (${before} or ${now} * (${counted} <= bool time() - ${seconds})), 0)`
}

/** For bars that add up to the total: one a step. */
export const failureBars = (which: Failures = {}): string =>
  failuresIn({ window: '$__interval', seconds: '$__interval_ms / 1000', held: '$__interval' }, which)
/** In the dashboard's time range. Reading all of it twice would take seconds where it is long. */
export const failuresInRange = (which: Failures = {}): string =>
  failuresIn({ window: '$__range', seconds: '$__range_s', held: '1h' }, which)
/** In the hour before the end of the time range. */
export const failuresInHour = (which: Failures = {}): string =>
  failuresIn({ window: '1h', seconds: '3600', held: '1h' }, which)

/**
 * Exactly how much a counter that starts at 0 with its process grew: a fall is a restart, and what a new process shows is
 * all new.
 */
export function countIn(key: SignalKey, window: string, matchers: readonly string[] = [], suffix = ''): string {
  const x = select(key, matchers, suffix)
  return `(${x} - (${x} offset ${window} or last_over_time(${x}[1h] offset ${window}) or ${x} * 0) >= 0 or ${x})`
}

/** For bars that add up to the growth of a counter: one a step. */
export const countBars = (key: SignalKey, matchers: readonly string[] = []): string =>
  countIn(key, '$__interval', matchers)

/** A quantile of a histogram. @param by labels to keep beside `le` */
export function quantile(
  q: number,
  key: SignalKey,
  by: readonly string[] = [],
  matchers: readonly string[] = [],
): string {
  return `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (rate(${select(key, matchers, '_bucket')}[$__rate_interval])))`
}

/** The share of `part` in `whole`; nothing, instead of NaN, where there is nothing of either. */
export const ratio = (part: string, whole: string): string => `${part} / (${whole} > 0)`

/** Incidents that opened in the time range. Every replica shows all of them, and they continue across restarts. */
export function incidentsInRange(matchers: readonly string[] = []): string {
  const x = select('incidents', matchers)
  const now = `max by (${KEY}) (${x})`
  return `clamp_min(${now} - (max by (${KEY}) (${x} offset $__range) or ${now} * 0), 0)`
}

/** Share of scheduled probes by the public way that found the endpoint up: those after a failure would count it twice. */
export function availability(window: string, matchers: readonly string[] = []): string {
  const probes = (more: readonly string[]) =>
    `sum by (${KEY}) (increase(${select('probes', [...matchers, 'trigger="scheduled"', 'vantage="public"', ...more])}[${window}]))`
  return ratio(`(${probes(['result="up"'])} or ${probes([])} * 0)`, probes([]))
}

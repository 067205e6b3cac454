import { REAL, VERIFY_ENDPOINT } from '../rules/promql.ts'
import { SIGNALS, type SignalKey } from '../signals.ts'

/**
 * PromQL of panels. The dashboards work for those who load no rules: they read what the service itself exposes, and what
 * recording rules make of it only where there is something else to fall back to.
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
/** What identifies a receiver's process. */
export const INSTANCE = 'cluster, namespace, job, instance'

/** A selector of what the variables choose. @param suffix of a histogram's series, such as `_bucket` */
export function select(key: SignalKey, matchers: readonly string[] = [], suffix = ''): string {
  return `${SIGNALS[key].name}${suffix}{${[IN_RELEASE, ...matchers].join(', ')}}`
}

/** The scrape's own health. */
export const UP = `up{${IN_RELEASE}}`

/**
 * Excludes endpoints of teams that are not selected. Endpoints without a team (`invalid`, `other`, a missing info series, an
 * unconfigured endpoint) stay, because no team's dashboard would show them otherwise. The endpoint of verifications loses
 * nothing, so it is in no total.
 * @param at such as `@ end()`
 */
export function ofTeam(expr: string, at = ''): string {
  const other = (matcher: string) => `unless on (${KEY}) ${select('endpointInfo', [matcher])}${at && ` ${at}`}`
  return `(${expr}) ${other('team!~"$team|"')} ${other(`endpoint="${VERIFY_ENDPOINT}"`)}`
}

/** One series per endpoint of the chosen teams, with these labels of its info; not that of verifications. */
export const endpointInfo = (...labels: readonly string[]): string =>
  `topk by (${KEY}) (1, max by (${[KEY, ...labels].join(', ')}) (${select('endpointInfo', ['team=~"$team|"', REAL])}))`

/** One series per endpoint, whatever pods show it. @param at such as `@ end()` */
export const perEndpoint = (
  key: SignalKey,
  matchers: readonly string[] = [],
  { by = 'max', at = '' }: { readonly by?: 'max' | 'min'; readonly at?: string } = {},
): string => `${by} by (${KEY}) (${select(key, matchers)}${at && ` ${at}`})`

/**
 * Whether an incident is open (1 or 0), per endpoint, as the alerts hold it through the restart and the absence of a receiver.
 * Without our rules: the newest value of ten minutes.
 */
export const perOpenIncident = (matchers: readonly string[] = []): string =>
  `(${perEndpoint('incidentHeld', matchers)} or max by (${KEY}) (last_over_time(${select('incidentOpen', matchers)}[10m])))`
/** When the newest incident began, per endpoint; for an hour after the receiver is gone, too. */
export const started = (matchers: readonly string[] = []): string =>
  `max by (${KEY}) (last_over_time(${select('incidentStarted', matchers)}[1h]))`

/** Where an incident is open now. */
export const IS_OPEN = `${perOpenIncident()} == 1`

/** Only of endpoints that fail now. */
export const ofFailing = (expr: string): string => `${expr} and on (${KEY}) ${IS_OPEN}`

/** Milliseconds of seconds, as Grafana takes a time. */
export const inMs = (expr: string): string => `(${expr}) * 1000`

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
  /** How long the last value fills a gap; at most the window. */
  readonly held: string
  /** How a counter that starts at 0 with its process is counted. */
  readonly count: typeof countIn
}

/**
 * How many failures a window counted. A journal that is a local file continues the counters of the process before; replicas
 * that share PostgreSQL begin at 0, and each of them is counted.
 */
function failuresIn(window: Window, which: Failures): string {
  const shown = ['1h', window.window].map((of) => `last_over_time(${select('journalWalLimit')}[${of}])`)
  const isContinued = `on (cluster, namespace, job) group by (cluster, namespace, job) (${[...new Set(shown)].join(' or ')})`
  return `sum by (${[KEY, ...(which.by ?? [])].join(', ')}) (${continuedIn(window, which)} and ${isContinued} or ${window.count('deliveryFailures', window.window, which.matchers)} unless ${isContinued})`
}

/**
 * Of a counter that one process continues after another, exactly: the difference to the window's beginning; `increase` would
 * extrapolate one failure to 1.33. Where scraping has a gap the last value of `held`, and before the window that of six
 * hours, stands in: of pods the greatest now, the sum before, so that one that was replaced can hide a failure and never
 * invents one. What was not there before is credited what it shows only if it was counted within the window, by its own
 * time, so that a restored total is no new failure. Each selector costs a search of the whole range, so there are as few as
 * possible.
 */
function continuedIn({ window, seconds, held }: Window, { matchers = [] }: Failures): string {
  const x = select('deliveryFailures', matchers)
  const last = `max by (${DELIVERY}) (last_over_time(${select('lastFailure', matchers)}[${held}]))`
  const now = `(sum by (${DELIVERY}) (${x}) or max by (${DELIVERY}) (last_over_time(${x}[${held}])))`
  const before = `(sum by (${DELIVERY}) (${x} offset ${window}) or sum by (${DELIVERY}) (last_over_time(${x}[6h] offset ${window})) or (${last} > time() - ${seconds}) * 0)`
  return `clamp_min(${now} - ${before}, 0)`
}

/** For bars that add up to the total: one a step. */
export const failureBars = (which: Failures = {}): string =>
  failuresIn({ window: '$__interval', seconds: '$__interval_ms / 1000', held: '$__interval', count: countIn }, which)
/** In the dashboard's time range. Reading all of it twice would take seconds where it is long. */
export const failuresInRange = (which: Failures = {}): string =>
  orNone(failuresIn({ window: '$__range', seconds: '$__range_s', held: '1h', count: countInRange }, which), which)
/** In the hour before the end of the time range. */
export const failuresInHour = (which: Failures = {}): string =>
  orNone(failuresIn({ window: '1h', seconds: '3600', held: '1h', count: countInRange }, which), which)

/** 0 for what is known and had no failure. */
const orNone = (expr: string, { by = [], matchers = [] }: Failures): string =>
  `(${expr} or sum by (${[KEY, ...by].join(', ')}) (${select('deliveryFailures', matchers)}) * 0)`

/**
 * How much a counter that starts at 0 with its process grew in a window. What a process counted before it ended is in the
 * window's last value of its series; after a restart under the same address, the old process's peak and the new one's
 * value add up. What a new process shows is all new.
 */
export function countIn(key: SignalKey, window: string, matchers: readonly string[] = [], suffix = ''): string {
  const x = select(key, matchers, suffix)
  const [last, before] = ends(x, window)
  return `(${last} - ${before} >= 0 or max_over_time(${x}[${window}]) - ${before} + ${last})`
}

/**
 * The same of a window so long that a process may outgrow the one before it. `increase` counts every reset and misses what a
 * new series shows first; `delta` knows no reset. Both extrapolate, but no more than a scrape or two of a long window.
 */
function countInRange(key: SignalKey, window: string, matchers: readonly string[] = []): string {
  const x = select(key, matchers)
  const [last, before] = ends(x, window)
  const dropped = `round(increase(${x}[${window}]) - delta(${x}[${window}])) and resets(${x}[${window}]) > 0`
  return `(${last} - ${before} + (${dropped} or ${last} * 0))`
}

/** The value at a window's end and at its beginning; 0 there for what is new. */
function ends(x: string, window: string): readonly [string, string] {
  const last = `last_over_time(${x}[${window}])`
  return [last, `(${x} offset ${window} or last_over_time(${x}[1h] offset ${window}) or ${last} * 0)`]
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

/**
 * Share of deliveries (`endpointDeliveries`: what platforms saw) or of attempts (`deliveryAttempts`: what the application
 * did) that succeeded in a window. @param by labels to keep; none: one figure for all
 */
export function successRate(
  key: 'endpointDeliveries' | 'deliveryAttempts',
  window: string,
  { by = '', matchers = [], keep = (expr) => expr }: RateOptions = {},
): string {
  const counted = (more: readonly string[]) =>
    keep(`sum by (${KEY}) (increase(${select(key, [...matchers, ...more])}[${window}]))`)
  const sum = (expr: string) => `sum by (${by}) (${expr})`
  const all = sum(counted([]))
  return ratio(`(${sum(counted(['result="success"']))} or ${all} * 0)`, all)
}

interface RateOptions {
  readonly by?: string
  readonly matchers?: readonly string[]
  /** Keeps some endpoints. */
  readonly keep?: (expr: string) => string
}

/** Closed incidents with unrestored losses, by endpoint and state. Every replica shows all of them. */
export const unfinishedRecoveries = (matchers: readonly string[] = []): string =>
  `max by (${KEY}, state) (${select('recoveryState', [...matchers, 'state=~"open|requested|running|failed"'])})`

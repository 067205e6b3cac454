import { SIGNALS } from '../signals.ts'

/** The chart writes the release's job and namespace in the place of this matcher. */
export const JOB = 'job="webhook-error-exporter"'

/** A selector of our series. @param matchers such as `outcome="failed"` */
export const of = (name: string, ...matchers: readonly string[]): string => `${name}{${[JOB, ...matchers].join(', ')}}`

/** One process: what identifies a scrape of it. */
const PROCESS = 'cluster, namespace, job, instance, pod'
/** What identifies a release. `cluster` is kept if it is present: without it, two clusters would become one. */
export const RELEASE = 'cluster, namespace, job'
/** What identifies an endpoint. */
export const ENDPOINT = `${RELEASE}, endpoint`
/** The endpoint of acceptance tests: it alerts (severity `none`), and counts nowhere else. */
export const VERIFY_ENDPOINT = 'webhook-verify'
/** Matches every endpoint that is one of yours. */
export const REAL = `endpoint!="${VERIFY_ENDPOINT}"`

/** Moves every line that is not empty to the right. */
export const indent = (text: string, spaces = 2): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces))

const young = (window: number): string => `time() - ${of('process_start_time_seconds')} < ${window * 60}`

/**
 * Increase of a counter that starts at 0 with its process, aggregated away from `instance` and `pod` alone. A series that
 * is new within the window is credited its first sample, if the target was scraped before or its process is young; a
 * gap in scraping credits nothing.
 * @param window minutes
 */
export function credited(name: string, matchers: readonly string[], window: number): string {
  const x = of(name, ...matchers)
  return `sum without (instance, pod) (
  (
    ${x}
    unless last_over_time(${x}[1h] offset ${window}m)
  )
  and on (${PROCESS}) (
    max_over_time(${of('up')}[1h] offset ${window}m) == 1
    or
    ${young(window)}
  )
  or
  increase(${x}[${window}m])
)`
}

/**
 * The same for failures, whose counters continue across restarts: a first sample may be an old total, and a value after a
 * reset one of an older copy of the journal. Both count only where something was received within the window by its own
 * time, whatever process shows it. `abs`: a clock that ran ahead says nothing either.
 */
export function creditedFailures(window: number): string {
  const x = of(SIGNALS.deliveryFailures.name)
  const last = of(SIGNALS.lastFailure.name)
  const recent = `abs(time() - max without (instance, pod) (${last})) < ${window * 60}`
  return `(
  sum without (instance, pod) (${x})
  unless
  sum without (instance, pod) (last_over_time(${x}[6h] offset ${window}m))
)
and
(${recent})
or
(
  sum without (instance, pod) (increase(${x}[${window}m]))
  unless
  (
    sum without (instance, pod) (resets(${x}[${window}m])) > 0
    unless
    (${recent})
  )
)`
}

/**
 * What a counter that starts at 0 with its process grew by since the evaluation before, exactly: a reset counts as what
 * the new process shows, and so does a series that is new, if the target was scraped before or its process is young. A sum
 * of it over time is correct across any number of restarts, and does not lose what a pod that is gone had counted.
 */
export function increment(name: string, interval: string): string {
  const x = of(name)
  const before = `last_over_time(${x}[1h] offset ${interval})`
  return `(
  ${x} - ${before}
) >= 0
or
(
  ${x}
  and
  ${before}
)
or
(
  ${x}
  and on (${PROCESS}) (
    max_over_time(${of('up')}[1h] offset ${interval}) == 1
    or
    ${young(10)}
  )
)`
}

/** The current value, otherwise the last one of ten minutes: it outlives the replacement of a pod, and nothing old hides a new value. */
export function held(by: 'min' | 'max', name: string): string {
  return `${by} by (${ENDPOINT}) (${of(name)})
or
${by} by (${ENDPOINT}) (last_over_time(${of(name)}[10m]))`
}

/** Adds labels of a recording that has exactly one series for each endpoint, known or not, with the value 1: the join cannot fail. */
export const joined = (expr: string, labels: string, recording: string): string => `(
${indent(expr)}
)
* on (${ENDPOINT}) group_left (${labels})
${of(recording)}`
/** Adds the endpoint's team and severity. @param more labels of `webhook_endpoint_info` */
export const withTeam = (expr: string, ...more: readonly string[]): string =>
  joined(expr, ['team', 'severity', ...more].join(', '), SIGNALS.endpointInfoHeld.name)

/** The matcher of what is known per process, for recordings. */
export const process = { on: PROCESS } as const

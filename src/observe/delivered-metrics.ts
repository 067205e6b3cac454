import type { CountedDelivery } from '../domain/ports/telemetry.ts'
import { ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import { OTHER } from '../domain/report/failure.ts'
import { type Count, Counter, type Registry } from './client.ts'

/** Codes of one source, endpoint and result; further ones are counted under `other`. */
const CODES = 20
/** Label sets of all endpoints together, half of them for those that are not configured; the rest is counted under `other`. */
const SETS = 5_000

/** Codes of failures that start at 0 where every delivery is observed. */
const FIRST_FAILURES = [0, 500, 502, 503, 504]

type Label = 'source' | 'endpoint' | 'result' | 'code'
type Labels = Record<Label, string>

interface Latest {
  readonly source: string
  readonly code: number | undefined
  readonly series: Count
}

/**
 * Deliveries that succeeded or failed permanently, of sources that report both: a source that once reported a success is one.
 * @param configured names that are never replaced by `other`
 */
export function deliveredMetrics(registry: Registry, configured: readonly string[]) {
  const deliveries = new Counter<Label>({
    name: 'webhook_endpoint_deliveries_total',
    help: `Deliveries by final result, from sources that report successes and from the built-in proxy, since this process started. The code is the status that the platform got, 0 if it got no complete answer, none if unknown. At most ${ENDPOINT_LIMIT} endpoints, ${CODES} codes per endpoint and result, and ${SETS} series in all; the rest is other.`,
    labelNames: ['source', 'endpoint', 'result', 'code'],
    registers: [registry],
  })
  const endpoints = new Set(configured)
  const codes = new Map<string, Set<string>>()
  const reporting = new Set<string>()
  const own = new Set(configured)
  let sets = 0
  let otherSets = 0

  function bounded(name: string): string {
    if (endpoints.has(name)) return name
    if (endpoints.size >= Math.max(ENDPOINT_LIMIT, configured.length)) return OTHER
    endpoints.add(name)
    return name
  }

  /** Whether a label set has, or gets, its own series. */
  function fits(key: string, code: string, isOwn: boolean): boolean {
    const known = codes.get(key) ?? new Set()
    if (known.has(code)) return true
    if (sets >= SETS || (code !== OTHER && known.size >= CODES)) return false
    if (!isOwn && own.size > 0 && otherSets >= SETS / 2) return false
    codes.set(key, known.add(code))
    sets++
    if (!isOwn) otherSets++
    return true
  }

  function labelsOf({ source, endpoint: name, result, code: number }: CountedDelivery): Labels {
    const endpoint = bounded(name)
    const key = `${source}\0${endpoint}\0${result}`
    const code = number === undefined ? 'none' : String(number)
    const isOwn = own.has(endpoint)
    if (fits(key, code, isOwn)) return { source, endpoint, result, code }
    if (fits(key, OTHER, isOwn)) return { source, endpoint, result, code: OTHER }
    return { source, endpoint: OTHER, result, code: OTHER }
  }

  /** The series that was counted last for an endpoint and a result, which most often is the next one, too. */
  const latest = { success: new Map<string, Latest>(), failure: new Map<string, Latest>() }

  function count(delivery: CountedDelivery, value = 1): void {
    const { source, endpoint, result, code } = delivery
    const known = latest[result].get(endpoint)
    if (known?.source === source && known.code === code) {
      known.series.value += value
      return
    }
    const labels = labelsOf(delivery)
    deliveries.inc(labels, value)
    // The names of those that share a series are not bounded.
    if (labels.endpoint === endpoint)
      latest[result].set(endpoint, { source, code, series: deliveries.store.entry(labels) })
  }

  return {
    /** Each delivery to the endpoint will be counted: `increase()` would miss the first sample of a series that starts at 1. */
    starts(source: string, endpoint: string): void {
      count({ source, endpoint, result: 'success', code: 200 }, 0)
      for (const code of FIRST_FAILURES) count({ source, endpoint, result: 'failure', code }, 0)
    },
    delivered(delivery: CountedDelivery): void {
      reporting.add(delivery.source)
      count(delivery)
    },
    /** A delivery was lost: a failure, if its source reports successes too. */
    lost(source: string, endpoint: string, code: number): void {
      if (reporting.has(source)) count({ source, endpoint, result: 'failure', code })
    },
    /** A source reports successes, although none has come yet. */
    reports: (source: string): void => void reporting.add(source),
  }
}

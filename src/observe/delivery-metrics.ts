import type { SeriesTotal } from '../domain/ports/journal.ts'
import { ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import type { EndpointFacts } from '../domain/report/endpoint.ts'
import { type Failure, INVALID_ENDPOINT, OTHER } from '../domain/report/failure.ts'
import { type SeriesLabels, seriesKey } from '../domain/report/series.ts'
import { type Count, Counter, Gauge, type Registry } from './client.ts'
import { endpointInfo } from './endpoint-info.ts'
import type { Slices } from './slices.ts'

export interface DeliveryOptions {
  readonly sources: readonly string[]
  /** Each with the sources that can name it; all of them unless given. */
  readonly endpoints: readonly (EndpointFacts & { readonly sources?: readonly string[] })[]
  readonly tenantLabel: boolean
  /** Severity of endpoints that are not configured; critical by default. */
  readonly unconfiguredSeverity?: string
}

type Label = keyof SeriesLabels
/** Without `tenant` unless `metrics.tenantLabel` is set. */
type Exposed = Omit<SeriesLabels, 'tenant'>

interface Entry extends Count {
  exemplar?: { timestamp: number }
}
interface Exemplified {
  updateExemplar(labels: Exposed, exemplarLabels: { readonly trace_id: string }, value: number): void
}

/** A label set, with its failures since they were last counted. */
interface Series {
  /** The exposed labels. A copy, never changed: the library keeps the object. */
  readonly own: Exposed
  readonly key: string
  /** 0: nothing to count. */
  value: number
  /** Receipt of the newest, milliseconds since the epoch. */
  at: number
  /** The newest whose span is sampled, and when it was recorded. */
  exemplar: { readonly traceId: string; readonly at: number } | null
  /** Where it is counted; undefined until it is counted the first time since a reset. */
  entries: { readonly failures: Entry; readonly byEndpoint: Entry | undefined } | undefined
}

/** Deliveries that sources gave up on. All counts come from the journal: `restored` replaces them. */
export function deliveryMetrics(
  registry: Registry,
  { sources, endpoints, tenantLabel, unconfiguredSeverity: severity = 'critical' }: DeliveryOptions,
) {
  const labelNames: Label[] = ['source', ...(tenantLabel ? (['tenant'] as const) : []), 'endpoint', 'code', 'cause']
  // The library accepts exemplars only in an OpenMetrics registry; the text format leaves them out.
  const failures = new Counter<Label>({
    name: 'webhook_delivery_failures_total',
    help: 'Deliveries that a source gave up on and reported. Label sets are bounded by webhook_exporter_series_limit.',
    labelNames,
    enableExemplars: true,
    registers: [],
  }) as Counter<Label> & Exemplified
  registry.registerMetric(failures)
  const lastFailure = new Gauge<Label>({
    name: 'webhook_delivery_last_failure_timestamp_seconds',
    help: 'When the last such failure was received, as Unix time. Absent before the first; never decreasing.',
    labelNames,
    registers: [registry],
  })
  const byEndpoint = new Counter<'source' | 'endpoint'>({
    name: 'webhook_endpoint_failures_total',
    help: `Deliveries to an endpoint that a source gave up on. At most ${ENDPOINT_LIMIT} endpoints per source.`,
    labelNames: ['source', 'endpoint'],
    registers: [registry],
  })
  const info = endpointInfo(registry, { endpoints, severity })

  const known = new Set<string>()
  /** When each label set failed last, milliseconds since the epoch. */
  let newest = new Map<string, { at: number; readonly entry: Entry }>()

  /** Whether an endpoint has series of its own. */
  function isShown(endpoint: string): boolean {
    if (known.has(endpoint)) return true
    if (known.size >= ENDPOINT_LIMIT || endpoint === INVALID_ENDPOINT || endpoint === OTHER) return false
    known.add(endpoint)
    return true
  }

  /** Those with entries. */
  let counted: Series[] = []

  function reset(): void {
    for (const each of counted) each.entries = undefined
    counted = []
    known.clear()
    for (const metric of [failures, lastFailure, byEndpoint, info]) metric.reset()
    for (const { name: endpoint, sources: own = sources } of endpoints) {
      if (!isShown(endpoint)) continue
      for (const source of own) byEndpoint.inc({ source, endpoint }, 0)
    }
  }

  /** Cached per label set: the series limit returns the same objects each time. */
  const all = new WeakMap<SeriesLabels, Series>()
  function seriesOf(labels: SeriesLabels): Series {
    const known = all.get(labels)
    if (known) return known
    const { source, tenant, endpoint, code, cause } = labels
    const own = tenantLabel ? { source, tenant, endpoint, code, cause } : { source, endpoint, code, cause }
    const key = seriesKey(tenantLabel ? labels : { ...labels, tenant: '' })
    const made: Series = { own, key, value: 0, at: 0, exemplar: null, entries: undefined }
    all.set(labels, made)
    return made
  }

  /** The series' entries, since the library's look-up by labels is most of the cost of counting. */
  function entriesOf(series: Series): NonNullable<Series['entries']> {
    if (series.entries) return series.entries
    const { own } = series
    const { source, endpoint } = own
    failures.inc({ labels: own, value: 0 })
    const hasOwn = isShown(endpoint)
    if (hasOwn) {
      info.failed(endpoint)
      byEndpoint.inc({ source, endpoint }, 0)
    }
    const shown = hasOwn ? byEndpoint.store.entry({ source, endpoint }) : undefined
    series.entries = { failures: failures.store.entry(own), byEndpoint: shown }
    counted.push(series)
    return series.entries
  }

  function count(series: Series, value: number, at: number): void {
    const entries = entriesOf(series)
    entries.failures.value += value
    if (entries.byEndpoint) entries.byEndpoint.value += value
    failedAt(series, at)
  }

  /** What has to be counted: at each exposition, since that is cheaper than for each failure. */
  let due: Series[] = []

  /** Counts what is due at this moment, and yields after each. */
  function* counting(): Generator<void> {
    const now = due
    due = []
    for (const series of now) {
      const { value, at, exemplar } = series
      series.value = 0
      series.exemplar = null
      count(series, value, at)
      if (exemplar && TRACE_ID.test(exemplar.traceId)) {
        // With `inc` the exemplar's value would be the total count, far above the graph's rate.
        failures.updateExemplar(series.own, { trace_id: exemplar.traceId }, 1)
        series.entries!.failures.exemplar!.timestamp = exemplar.at / 1_000
      }
      yield
    }
  }
  let latest = counting()

  function flush(): void {
    // The rest of what is being counted in slices.
    for (const _ of latest);
    latest = counting()
    for (const _ of latest);
  }

  /** Must run before each exposition. One call at a time. */
  async function flushInSlices(slices: Slices): Promise<void> {
    latest = counting()
    let done = 0
    for (const _ of latest) if (++done % 32 === 0 && slices.isOver()) await slices.pause()
  }

  function failedAt({ own, key }: Series, at: number): void {
    const known = newest.get(key)
    if (!known) {
      if (at <= 0) return
      lastFailure.set(own, at / 1_000)
      newest.set(key, { at, entry: lastFailure.store.entry(own) })
    } else if (at > known.at) {
      known.at = at
      known.entry.value = at / 1_000
    }
  }

  reset()
  return {
    observe: info.observe,
    recorded({ receivedAt: at }: Failure, labels: SeriesLabels, traceId: string | null): void {
      const series = seriesOf(labels)
      if (series.value++ === 0) {
        series.at = at
        due.push(series)
      } else if (at > series.at) series.at = at
      if (traceId !== null) series.exemplar = { traceId, at: Date.now() }
    },
    flushInSlices,
    restored(totals: readonly SeriesTotal[]): void {
      flush()
      const before = newest
      newest = new Map()
      reset()
      for (const { labels, count: value, lastFailureAt } of totals) {
        const series = seriesOf(labels)
        count(series, value, Math.max(lastFailureAt, before.get(series.key)?.at ?? 0))
      }
    },
    registerRemote(remote: readonly SeriesTotal[]): void {
      flush()
      for (const { labels, lastFailureAt } of remote) count(seriesOf(labels), 0, lastFailureAt)
    },
  }
}

const TRACE_ID = /^[0-9a-f]{32}$/

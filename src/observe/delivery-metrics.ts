import { ENDPOINT_LIMIT } from '../domain/bounded-names.ts'
import type { EndpointFacts } from '../domain/endpoint.ts'
import { visible } from '../domain/external-text.ts'
import { type Failure, INVALID_ENDPOINT, OTHER, VERIFY_ENDPOINT, VERIFY_SEVERITY } from '../domain/failure.ts'
import type { SeriesTotal } from '../domain/journal.ts'
import { type SeriesLabels, seriesKey } from '../domain/series.ts'
import { Counter, Gauge, type Registry } from './client.ts'
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

/** Missing from the library's typings. */
interface Exemplified extends Counter<Label> {
  updateExemplar(labels: Exposed, exemplarLabels: { readonly trace_id: string }, value: number): void
  /** `timestamp` in seconds. */
  readonly store: { entry(labels: Exposed): { exemplar: { timestamp: number } } }
}

/** Failures of one label set since they were last counted. */
interface Sum {
  value: number
  /** Receipt of the newest, milliseconds since the epoch. */
  at: number
  /** The newest whose span is sampled, and when it was recorded. */
  exemplar: { readonly traceId: string; readonly at: number } | null
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
  }) as Exemplified
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
  const info = new Gauge<'endpoint' | 'event' | 'team' | 'severity'>({
    name: 'webhook_endpoint_info',
    help: `Configuration of an endpoint, always 1. Exactly one series per endpoint, at most ${ENDPOINT_LIMIT}.`,
    labelNames: ['endpoint', 'event', 'team', 'severity'],
    registers: [registry],
  })

  const known = new Set<string>()
  /** When each label set failed last, milliseconds since the epoch. */
  let newest = new Map<string, { readonly own: Exposed; readonly at: number }>()

  function startInfo({ name: endpoint, event, team, severity }: EndpointFacts): boolean {
    if (known.has(endpoint)) return true
    if (known.size >= ENDPOINT_LIMIT || endpoint === INVALID_ENDPOINT || endpoint === OTHER) return false
    known.add(endpoint)
    info.set({ endpoint, ...visible({ event, team }), severity }, 1)
    return true
  }

  function reset(): void {
    known.clear()
    for (const metric of [failures, lastFailure, byEndpoint, info]) metric.reset()
    for (const endpoint of endpoints) {
      if (!startInfo(endpoint)) continue
      for (const source of endpoint.sources ?? sources) byEndpoint.inc({ source, endpoint: endpoint.name }, 0)
    }
  }

  /** The exposed labels and their key, cached per label set: the series limit returns the same objects each time. */
  const exposed = new WeakMap<SeriesLabels, { readonly own: Exposed; readonly key: string }>()
  function expose(labels: SeriesLabels) {
    const known = exposed.get(labels)
    if (known) return known
    const { source, tenant, endpoint, code, cause } = labels
    // A copy, never changed: the library keeps the object.
    const own = tenantLabel ? { source, tenant, endpoint, code, cause } : { source, endpoint, code, cause }
    const made = { own, key: seriesKey(tenantLabel ? labels : { ...labels, tenant: '' }) }
    exposed.set(labels, made)
    return made
  }

  function count(labels: SeriesLabels, { value, at, exemplar }: Sum): void {
    const { own } = expose(labels)
    failures.inc({ labels: own, value })
    if (exemplar) {
      // With `inc` the exemplar's value would be the total count, far above the graph's rate.
      failures.updateExemplar(own, { trace_id: exemplar.traceId }, 1)
      failures.store.entry(own).exemplar.timestamp = exemplar.at / 1_000
    }
    const { endpoint: name } = labels
    const facts = { name, event: '', team: '', severity: name === VERIFY_ENDPOINT ? VERIFY_SEVERITY : severity }
    if (known.has(name) || startInfo(facts)) byEndpoint.inc({ source: labels.source, endpoint: name }, value)
    failedAt(labels, at)
  }

  /** Counts since the last exposition, batched because the library's label lookup is most of the cost of counting. */
  const sums = new Map<SeriesLabels, Sum>()

  /** Counts the sums of this moment, and yields after each: what comes meanwhile is counted next time. */
  function* counting(): Generator<void> {
    let left = sums.size
    for (const [labels, sum] of sums) {
      if (left-- === 0) return
      sums.delete(labels)
      count(labels, sum)
      yield
    }
  }

  function flush(): void {
    for (const _ of counting());
  }

  /** Must run before each exposition. */
  async function flushInSlices(slices: Slices): Promise<void> {
    let counted = 0
    for (const _ of counting()) if (++counted % 32 === 0 && slices.isOver()) await slices.pause()
  }

  function failedAt(labels: SeriesLabels, at: number): void {
    const { own, key } = expose(labels)
    if (at <= (newest.get(key)?.at ?? 0)) return
    newest.set(key, { own, at })
    lastFailure.set(own, at / 1_000)
  }

  reset()
  return {
    recorded({ receivedAt: at }: Failure, labels: SeriesLabels, traceId: string | null): void {
      let sum = sums.get(labels)
      if (!sum) {
        sum = { value: 0, at, exemplar: null }
        sums.set(labels, sum)
      }
      sum.value++
      if (at > sum.at) sum.at = at
      if (traceId !== null && TRACE_ID.test(traceId)) sum.exemplar = { traceId, at: Date.now() }
    },
    flushInSlices,
    restored(totals: readonly SeriesTotal[]): void {
      flush()
      const before = newest
      newest = new Map()
      reset()
      for (const { labels, count: value, lastFailureAt } of totals)
        count(labels, without(value, Math.max(lastFailureAt, before.get(expose(labels).key)?.at ?? 0)))
    },
    registerRemote(series: readonly SeriesTotal[]): void {
      flush()
      for (const { labels, lastFailureAt } of series) {
        // Adding 0 to an existing series would remove its exemplar.
        if (newest.has(expose(labels).key)) failedAt(labels, lastFailureAt)
        else count(labels, without(0, lastFailureAt))
      }
    },
  }
}

const without = (value: number, at: number): Sum => ({ value, at, exemplar: null })

const TRACE_ID = /^[0-9a-f]{32}$/

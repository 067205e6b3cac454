import type { EndpointState } from '../domain/incident/incident.ts'
import type { Metrics, Restarts } from '../domain/ports/telemetry.ts'
import type { DeliveryMetrics } from '../domain/report/delivery.ts'
import { OVERFLOW_LABELS, type SeriesUsage } from '../domain/report/series.ts'
import { PROXY_SOURCE } from '../domain/report/signal.ts'
import { canaryMetrics } from './canary-metrics.ts'
import { Counter, Gauge, Registry } from './client.ts'
import { deliveredMetrics } from './delivered-metrics.ts'
import { type DeliveryOptions, deliveryMetrics } from './delivery-metrics.ts'
import { egressMetrics } from './egress-metrics.ts'
import { exporterMetrics } from './exporter-metrics.ts'
import { type Exposition, exposition } from './exposition.ts'
import { hookMetrics } from './hook-metrics.ts'
import { type IncidentMetricOptions, incidentMetrics } from './incident-metrics.ts'
import { journalMetrics } from './journal-metrics.ts'
import { type ProbedView, probeMetrics } from './probe-metrics.ts'
import { processMetrics } from './process-metrics.ts'
import { type ProxiedRoute, proxyMetrics } from './proxy-metrics.ts'
import { type RecoveryMetricOptions, recoveryMetrics } from './recovery-metrics.ts'
import { reportMetrics } from './report-metrics.ts'
import { type SignalOptions, signalMetrics } from './signal-metrics.ts'

/** Outcome of a span. The set is closed. */
const SPAN_RESULTS = ['exported', 'dropped', 'failed'] as const
export type SpanResult = (typeof SPAN_RESULTS)[number]

export interface MetricsOptions
  extends DeliveryOptions,
    Pick<SignalOptions, 'lossOnly'>,
    Partial<Pick<IncidentMetricOptions, 'urlOf' | 'recoveryOf' | 'clock'>> {
  readonly version: string
  /** A new registry by default. It must be a Prometheus text registry. */
  readonly registry?: Registry
  /** Whether a canary is configured: its metrics exist only then. */
  readonly canary?: boolean
  /** Names of the hooks: their metrics exist only if there are any. */
  readonly hooks?: readonly string[]
  /** The proxy's routes; its metrics exist only if there are any. */
  readonly proxied?: readonly ProxiedRoute[]
  /** Absent: recovery is off everywhere, and its metrics do not exist. */
  readonly recovery?: RecoveryMetricOptions
  /** What is probed; nothing by default. */
  readonly probed?: readonly ProbedView[]
  /** Process and Node.js metrics; on by default. */
  readonly processMetrics?: boolean
  /** Called if a method fails to count its arguments: a bug, but no reason to fail a report. */
  readonly onFault: (error: unknown) => void
  /** Restarts of the service by the supervisor of the sidecar form; 0 without one. */
  readonly restarts?: Restarts
}

export interface PrometheusMetrics extends Metrics {
  /** Undefined without a proxy. */
  readonly proxy: DeliveryMetrics | undefined
  spans(result: SpanResult, count: number): void
  /** Whether the admin API can be read without a token from other machines. */
  adminIsOpen(isOpen: boolean): void
  /** The exposition that an Accept header prefers: Prometheus text 0.0.4, or OpenMetrics 1.0 with exemplars. */
  render(accept: string | undefined): Promise<Exposition>
}

/**
 * All instruments.
 * Every closed label set starts at 0, since `increase()` misses the first sample of a series that starts at 1. The metrics
 * of each part of the product are in their own file, as a function of the registry.
 */
export function createMetrics(options: MetricsOptions): PrometheusMetrics {
  const { version, sources, registry = new Registry(), onFault } = options
  const registers = [registry]
  const delivery = deliveryMetrics(registry, options)
  const journal = journalMetrics(registry)
  const configured = options.endpoints.map((endpoint) => endpoint.name)
  let live: () => Iterable<EndpointState> = () => []
  let moment: readonly EndpointState[] | undefined
  /** One scrape is one moment: series that are joined come from one snapshot, although a scrape is made in slices. */
  const states = (): Iterable<EndpointState> => moment ?? live()
  const { urlOf = () => undefined, recoveryOf = () => '', clock = Date.now } = options
  const incidents = incidentMetrics(registry, states, { configured, urlOf, recoveryOf, clock })
  delivery.observe(states)
  const signals = signalMetrics(registry, options)
  signals.observe({ endpoints: states })
  const delivered = deliveredMetrics(registry, configured)
  const proxied = options.proxied ?? []
  const proxy = proxied.length > 0 ? proxyMetrics(registry, proxied) : undefined
  for (const { endpoint } of proxied) delivered.starts(PROXY_SOURCE, endpoint)
  const probes = probeMetrics(registry, options.probed ?? [])
  const egress = egressMetrics(registry)
  const canary = options.canary ? canaryMetrics(registry) : undefined
  const hooks = options.hooks?.length ? hookMetrics(registry, options.hooks) : undefined
  const recovery = options.recovery && recoveryMetrics(registry, options.recovery)
  let series: (() => SeriesUsage) | undefined

  const reports = reportMetrics(registry, sources)
  new Gauge({
    name: 'webhook_exporter_series',
    help: 'Label sets of webhook_delivery_failures_total in use.',
    registers,
    collect() {
      this.set(series?.().admitted ?? 0)
    },
  })
  new Gauge({
    name: 'webhook_exporter_series_limit',
    help: 'Maximum number of label sets of webhook_delivery_failures_total: metrics.seriesLimit. Absent until it is known.',
    registers,
    collect() {
      if (series) this.set(series().limit)
      else this.remove()
    },
  })
  new Counter<'label'>({
    name: 'webhook_exporter_label_overflow_total',
    help: 'Failures counted with this label set to "other", because their label set exceeded the limit.',
    labelNames: ['label'],
    registers,
    collect() {
      this.reset()
      for (const label of OVERFLOW_LABELS) this.inc({ label }, series?.().overflow[label] ?? 0)
    },
  })
  const spans = new Counter<'result'>({
    name: 'webhook_exporter_spans_total',
    help: 'Spans by result: exported, dropped (the queue was full), failed (the collector did not accept them).',
    labelNames: ['result'],
    registers,
  })
  for (const result of SPAN_RESULTS) spans.inc({ result }, 0)
  const credentials = new Gauge<'source'>({
    name: 'webhook_exporter_credentials',
    help: 'Credentials that are valid for a source now. 0: every report is rejected, unless the source needs none.',
    labelNames: ['source'],
    registers,
  })
  const reloadFailures = new Counter<'source'>({
    name: 'webhook_exporter_credentials_reload_failures_total',
    help: 'Failed reloads of credentials; the last good ones stay in use.',
    labelNames: ['source'],
    registers,
  })
  for (const source of sources) {
    credentials.set({ source }, 0)
    reloadFailures.inc({ source }, 0)
  }
  exporterMetrics(registry, { version, ...(options.restarts !== undefined && { restarts: options.restarts }) })
  const adminOpen = new Gauge({
    name: 'webhook_exporter_admin_open',
    help: 'Whether the admin API listens beyond this machine without admin.apiToken: 1 or 0.',
    registers,
  })
  if (options.processMetrics !== false) processMetrics(registry)

  /** No method of the port throws. */
  const safely =
    <A extends unknown[]>(verb: (...args: A) => void) =>
    (...args: A): void => {
      try {
        verb(...args)
      } catch (error) {
        onFault(error)
      }
    }
  const render = exposition(registry, {
    async prepare(slices) {
      await delivery.flushInSlices(slices).catch(onFault)
      moment = [...live()]
    },
    done: () => {
      moment = undefined
    },
  })
  return {
    proxy: proxy && {
      requestBegun: safely(proxy.requestBegun),
      attempted: safely(proxy.attempted),
      deliveryEnded: safely(proxy.deliveryEnded),
      otherEnded: safely(proxy.otherEnded),
    },
    answered: safely(reports.answered),
    recorded: safely((failure, labels, exemplar) => {
      delivery.recorded(failure, labels, exemplar)
      const { source, endpoint, code } = failure
      signals.signalled(source, 'lost')
      delivered.lost(source, endpoint, code)
    }),
    signalled: safely(signals.signalled),
    delivered: safely(delivered.delivered),
    reportsDeliveries: safely(delivered.reports),
    restored: safely(delivery.restored),
    registerRemote: safely(delivery.registerRemote),
    failed: safely(journal.failed),
    readFailed: safely(journal.readFailed),
    committed: safely(journal.committed),
    expired: safely(journal.expired),
    checkpointed: safely(journal.checkpointed),
    spans: safely((result, count) => spans.inc({ result }, count)),
    adminIsOpen: safely((isOpen) => adminOpen.set(isOpen ? 1 : 0)),
    credentials: safely((source, count) => credentials.set({ source }, count)),
    credentialsReloadFailed: safely((source) => reloadFailures.inc({ source })),
    probed: safely(probes.probed),
    incidentNotOpened: safely(incidents.notOpened),
    hookDelivered: safely((hook, event, result) => hooks?.delivered(hook, event, result)),
    canaryRun: safely((run) => canary?.canaryRun(run)),
    setLeader: safely((lease) => {
      probes.setLeader(lease)
      canary?.setLeader(lease)
    }),
    observe: (observed) => {
      if (observed.journal) journal.observe(observed.journal)
      if (observed.series) series = observed.series
      if (observed.endpoints) live = observed.endpoints
      if (observed.hooks) hooks?.observe(observed.hooks)
      if (observed.overdue) signals.observe({ overdue: observed.overdue })
      if (observed.recoveries) recovery?.observe(observed.recoveries)
      if (observed.canary) canary?.observe(observed.canary)
      if (observed.egress) egress.observe(observed.egress)
    },
    render,
  }
}

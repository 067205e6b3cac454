import { createRequire } from 'node:module'
import type Prometheus from 'prom-client'

/**
 * The parts of the Prometheus client that the service uses, each from its own file. The package as a whole also loads its push
 * gateway, its quantiles and the OpenTelemetry API: 70 modules, 14 ms of every start. Its version is pinned, and
 * test/observe/process-metrics.test.ts compares.
 */
const load = createRequire(import.meta.url)
const part = <Name extends keyof typeof Prometheus>(file: string): (typeof Prometheus)[Name] =>
  load(`prom-client/lib/${file}.js`)

export const Registry = part<'Registry'>('registry')
export type Registry = Prometheus.Registry
export type Counter<Label extends string = string> = Prometheus.Counter<Label> & Stored<Count>
export const Counter = part<'Counter'>('counter') as new <Label extends string = string>(
  configuration: Prometheus.CounterConfiguration<Label>,
) => Counter<Label>
export type Gauge<Label extends string = string> = Prometheus.Gauge<Label> & Stored<Count>
export const Gauge = part<'Gauge'>('gauge') as new <Label extends string = string>(
  configuration: Prometheus.GaugeConfiguration<Label>,
) => Gauge<Label>
export type Histogram<Label extends string = string> = Prometheus.Histogram<Label> & Stored<Durations | undefined>
export const Histogram = part<'Histogram'>('histogram') as new <Label extends string = string>(
  configuration: Prometheus.HistogramConfiguration<Label>,
) => Histogram<Label>

/** How a metric keeps its series, until it is reset; missing from its typings. Its look-up by labels is most of the cost of counting. */
interface Stored<Series> {
  readonly store: { entry(labels: object): Series }
}

/** A series of a counter or gauge as the client keeps it. */
export interface Count {
  value: number
}

/** A series of a histogram as the client keeps it, from its first value or `zero` on; the buckets by their upper bounds. */
export interface Durations {
  sum: number
  count: number
  readonly bucketValues: Record<string, number>
}

/**
 * Observes values in series that are known.
 * @param buckets upper bounds in seconds, ascending, as the histogram has them
 * @returns a function that adds one value. @throws TypeError for a value that is not finite, as the client does
 */
export function observeIn(buckets: readonly number[]): (series: Durations, seconds: number) => void {
  const bounds = buckets.map(String)
  return (series, seconds) => {
    if (!Number.isFinite(seconds)) throw new TypeError(`not a time: ${seconds}`)
    series.sum += seconds
    series.count += 1
    const bucket = buckets.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) series.bucketValues[bounds[bucket]!]! += 1
  }
}

/** Registers one of the client's default metrics, or a few that belong together. */
export type DefaultMetric = (registry: Registry, options: { readonly eventLoopMonitoringPrecision: number }) => void

/** @param name a file of the client's default metrics */
export const defaultMetric = (name: string): DefaultMetric => load(`prom-client/lib/metrics/${name}.js`)

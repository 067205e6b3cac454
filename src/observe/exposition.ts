import { type MetricObject, openMetricsContentType, prometheusContentType, Registry } from 'prom-client'

export interface Exposition {
  readonly contentType: string
  readonly body: string
}

type Source = MetricObject & {
  get(): Promise<MetricObject>
  /** Only histograms: the same values with shared label objects, which render faster. */
  getForPromString?(): Promise<MetricObject>
}

/**
 * Renders the metrics that are in `registry` now, as text 0.0.4 or OpenMetrics 1.0.
 *
 * The client library renders OpenMetrics only from an OpenMetrics registry, and permanently removes `_total` from the names
 * of its counters. Hence a second registry with read-only views of the metrics, which have their own names.
 */
export function exposition(registry: Registry): (accept: string | undefined) => Promise<Exposition> {
  const openMetrics = new Registry(openMetricsContentType)
  for (const metric of registry.getMetricsAsArray()) openMetrics.registerMetric(view(metric as Source))
  return async (accept) =>
    prefersOpenMetrics(accept)
      ? { contentType: openMetricsContentType, body: await openMetrics.metrics() }
      : { contentType: prometheusContentType, body: await registry.metrics() }
}

function view(metric: Source): Parameters<Registry['registerMetric']>[0] {
  const { help, type, aggregator } = metric
  // MetricType is a numeric enum in the typings, but a string at run time.
  const name = String(type) === 'counter' ? metric.name.replace(/_total$/, '') : metric.name
  const renamed = async (value: Promise<MetricObject>) => ({ ...(await value), name })
  return {
    name,
    help,
    type,
    aggregator,
    get: () => renamed(metric.get()),
    ...(metric.getForPromString && { getForPromString: () => renamed(metric.getForPromString!()) }),
  } as unknown as Parameters<Registry['registerMetric']>[0]
}

/**
 * Whether an Accept header (RFC 9110 section 12.5.1) names OpenMetrics 1.0 and gives it at least the weight of the text
 * format. A wildcard alone means text: every scraper can read it.
 */
export function prefersOpenMetrics(accept = ''): boolean {
  let openMetrics = 0
  const text = { exact: -1, type: -1, any: -1 }
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const values = new Map(parameters.map((parameter) => parameter.replace(/"/g, '').split('=', 2) as [string, string]))
    const q = weight(values.get('q'))
    const version = values.get('version')
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0'))
      openMetrics = Math.max(openMetrics, q)
    else if (type === 'text/plain' && (version === undefined || version === '0.0.4'))
      text.exact = Math.max(text.exact, q)
    else if (type === 'text/*') text.type = q
    else if (type === '*/*') text.any = q
  }
  const textWeight = [text.exact, text.type, text.any].find((q) => q >= 0) ?? 0
  return openMetrics > 0 && openMetrics >= textWeight
}

function weight(q: string | undefined): number {
  if (q === undefined) return 1
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0
}

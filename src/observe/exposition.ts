import { Registry } from './client.ts'
import { Family, type Metric } from './family.ts'
import { type Pace, Slices } from './slices.ts'

export interface Exposition {
  readonly contentType: string
  readonly body: string
}

export interface ExpositionOptions {
  /** Brings the metrics up to date before they are read, in slices. */
  readonly prepare?: (slices: Slices) => Promise<void>
  /** Called once all metrics have been read. */
  readonly done?: () => void
}

/** A scraper can wait; at this pace a scrape takes at most a fifth of the reports' time. */
const PACE: Pace = { slice: 0.5, rest: 2 }

/**
 * Renders the metrics of `registry` as text 0.0.4 or OpenMetrics 1.0: the bytes that the client library would give.
 *
 * The library renders all series in one go, which holds up every report meanwhile; and OpenMetrics only from a registry that
 * permanently removes `_total` from the names of its counters. Here each metric is read at one moment, and its text is made
 * in slices. One exposition is made at a time; others wait, so that several scrapers do not slow down reports.
 */
export function exposition(
  registry: Registry,
  { prepare = async () => {}, done = () => {} }: ExpositionOptions = {},
): (accept: string | undefined) => Promise<Exposition> {
  const families = new WeakMap<object, Family>()
  const familyOf = (metric: Metric): Family => {
    const family = families.get(metric) ?? new Family(metric)
    families.set(metric, family)
    return family
  }
  let latest: Promise<unknown> = Promise.resolve()

  async function render(isOpenMetrics: boolean): Promise<string> {
    const slices = new Slices(PACE)
    await prepare(slices)
    const found = []
    for (const metric of registry.getMetricsAsArray() as unknown as Metric[]) {
      const family = familyOf(metric)
      const snapshot = family.snapshot()
      // Awaited below, and may fail before.
      snapshot.catch(() => {})
      found.push({ family, snapshot })
      if (slices.isOver()) await slices.pause()
    }
    done()
    const chunks: string[] = []
    for (const [index, { family, snapshot }] of found.entries()) {
      if (index > 0) chunks.push(isOpenMetrics ? '\n' : '\n\n')
      await family.render(await snapshot, { isOpenMetrics, slices, chunks })
      if (slices.isOver()) await slices.pause()
    }
    chunks.push(isOpenMetrics ? '\n# EOF\n' : '\n')
    return chunks.join('')
  }

  return async (accept) => {
    const isOpenMetrics = prefersOpenMetrics(accept)
    const body = latest.then(() => render(isOpenMetrics))
    latest = body.catch(() => {})
    return {
      contentType: isOpenMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE,
      body: await body,
    }
  }
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

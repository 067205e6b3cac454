import type { MetricObject } from 'prom-client'
import type { Slices } from './slices.ts'

type Labels = Readonly<Record<string, string | number>>

/** What the client library has of one sample; missing from its typings. */
interface Sample {
  readonly labels?: Labels
  /** Of a histogram's samples: the label set without `le`. */
  readonly sharedLabels?: Labels
  readonly value: number
  /** The metric's name if it is absent. */
  readonly metricName?: string
  readonly exemplar?: Exemplar | null
}

interface Exemplar {
  readonly labelSet: Labels
  readonly value: number
  readonly timestamp: number
}

export interface Metric extends Omit<MetricObject, 'type' | 'collect'> {
  /** A numeric enum in the typings, but a string at run time. */
  readonly type: unknown
  get(): Promise<{ readonly values?: readonly Sample[] }>
  /** Only histograms: the same values with shared label objects, which render faster. */
  getForPromString?(): Promise<{ readonly values?: readonly Sample[] }>
}

/** All samples of a metric at one moment: the library's own objects change while the text is made. */
export interface Snapshot {
  readonly samples: readonly Sample[]
  readonly values: Float64Array
  /** By the index of the sample. */
  readonly exemplars: ReadonlyMap<number, Exemplar>
}

/** Samples between two looks at the time. */
const STEP = 32

/**
 * The text of one metric, byte for byte as the library renders it. What precedes the values is kept between scrapes, since
 * it is nearly all of the text and most of the work.
 */
export class Family {
  readonly #metric: Metric
  /** The samples of the last rendering, and by the same index their text up to the value. */
  #samples: readonly Sample[] = []
  #prefixes: string[] = []
  #name = ''

  constructor(metric: Metric) {
    this.#metric = metric
  }

  /** @throws (as rejection) what the metric's `collect` throws */
  async snapshot(): Promise<Snapshot> {
    const metric = this.#metric
    const { values: samples = [] } = await (metric.getForPromString ? metric.getForPromString() : metric.get())
    const values = new Float64Array(samples.length)
    const exemplars = new Map<number, Exemplar>()
    for (let index = 0; index < samples.length; index++) {
      const { value, exemplar } = samples[index]!
      values[index] = value
      if (exemplar) {
        const { labelSet, value, timestamp } = exemplar
        exemplars.set(index, { labelSet, value, timestamp })
      }
    }
    return { samples, values, exemplars }
  }

  /** Appends the text without a line break at its end. One call at a time. */
  async render(
    { samples, values, exemplars }: Snapshot,
    { isOpenMetrics, slices, chunks }: { isOpenMetrics: boolean; slices: Slices; chunks: string[] },
  ): Promise<void> {
    const { help, type } = this.#metric
    const isCounter = isOpenMetrics && type === 'counter'
    const name = escaped(isCounter ? this.#metric.name.replace(/_total$/, '') : this.#metric.name)
    const seriesName = isCounter ? `${name}_total` : name
    const before = this.#name === seriesName ? this.#samples : []
    const prefixes = this.#prefixes
    let pieces = [`# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}`]
    for (let index = 0; index < samples.length; index++) {
      const sample = samples[index]!
      // The library keeps the object of a series, so that its labels need no comparison.
      if (before[index] !== sample) prefixes[index] = prefixOf(sample, seriesName)
      pieces.push(prefixes[index]!, numberText(values[index]!))
      const exemplar = isOpenMetrics && exemplars.get(index)
      if (exemplar) pieces.push(exemplarText(exemplar))
      if (index % STEP === STEP - 1 && slices.isOver()) {
        chunks.push(pieces.join(''))
        pieces = []
        await slices.pause()
      }
    }
    chunks.push(pieces.join(''))
    prefixes.length = samples.length
    this.#samples = samples
    this.#name = seriesName
  }
}

/** A line up to its value, with the line break before it. */
function prefixOf({ labels = {}, sharedLabels, metricName }: Sample, seriesName: string): string {
  let text = ''
  for (const label in labels)
    if (!sharedLabels || !Object.hasOwn(sharedLabels, label)) text += labelText(text, label, labels[label]!)
  for (const label in sharedLabels) text += labelText(text, label, sharedLabels[label]!)
  const name = metricName ?? seriesName
  return text === '' ? `\n${name} ` : `\n${name}{${text}} `
}

const labelText = (before: string, name: string, value: string | number): string =>
  `${before === '' ? '' : ','}${name}="${labelValue(value)}"`

function exemplarText({ labelSet, value, timestamp }: Exemplar): string {
  let text = ''
  for (const label in labelSet) text += labelText(text, label, labelSet[label]!)
  return ` # {${text}} ${numberText(value)} ${timestamp}`
}

const labelValue = (value: string | number) =>
  typeof value === 'string' ? escaped(value).replaceAll('"', '\\"') : value

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

/** As the library writes it; "Nan" is what Prometheus reads as NaN. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return `${value}`
  if (Number.isNaN(value)) return 'Nan'
  return value < 0 ? '-Inf' : '+Inf'
}

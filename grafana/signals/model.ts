export const UNITS = ['count', 'seconds', 'bytes', 'unix_seconds', 'boolean', 'info', 'ratio'] as const
export type Unit = (typeof UNITS)[number]
export type SignalType = 'counter' | 'gauge' | 'histogram' | 'recorded'

export interface Signal {
  /** As on /metrics, without a histogram's suffix; the record's name where `type` is recorded. */
  readonly name: string
  readonly type: SignalType
  readonly unit: Unit
  /** The help text on /metrics; of a recorded signal what it holds. */
  readonly help: string
  /** Labels of its own: target labels (namespace, job, instance, pod) come on top. */
  readonly labels: readonly string[]
  /** PromQL with the placeholders `$select` and `$window`; see `read`. */
  readonly expression: string
  /** Where it is absent unless something is configured or has happened, in words. */
  readonly absent?: string
}

export const counter = (
  name: string,
  labels: readonly string[],
  help: string,
  more: Partial<Pick<Signal, 'expression' | 'absent' | 'unit'>> = {},
) => ({
  name,
  type: 'counter' as const,
  unit: 'count' as Unit,
  labels,
  help,
  expression: `sum by (${['namespace', 'job', ...labels].join(', ')}) (increase(${name}{$select}[$window]))`,
  ...more,
})

export const gauge = (
  name: string,
  unit: Unit,
  labels: readonly string[],
  help: string,
  more: Partial<Pick<Signal, 'expression' | 'absent'>> & { readonly by?: 'max' | 'min' | 'sum' } = {},
) => {
  const { by = 'max', ...rest } = more
  return {
    name,
    type: 'gauge' as const,
    unit,
    labels,
    help,
    expression: `${by} by (${['namespace', 'job', ...labels].join(', ')}) (${name}{$select})`,
    ...rest,
  }
}

/** Read as its 99th percentile. */
export const histogram = (
  name: string,
  labels: readonly string[],
  help: string,
  more: Partial<Pick<Signal, 'unit' | 'absent'>> = {},
) => ({
  name,
  type: 'histogram' as const,
  unit: 'seconds' as Unit,
  labels,
  help,
  expression: `histogram_quantile(0.99, sum by (${['namespace', 'job', ...labels, 'le'].join(', ')}) (rate(${name}_bucket{$select}[$window])))`,
  ...more,
})

export const recorded = (name: string, unit: Unit, labels: readonly string[], help: string) => ({
  name,
  type: 'recorded' as const,
  unit,
  labels,
  help,
  expression: `${name}{$select}`,
})
/** Labels of what is counted per endpoint. */
export const ENDPOINT = ['endpoint'] as const
/** Labels of a lost delivery. */
export const DELIVERY = ['source', 'endpoint', 'code', 'cause'] as const

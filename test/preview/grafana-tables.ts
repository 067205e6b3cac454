import type { Prometheus } from '../support/prometheus.ts'
import { fieldConfig, type PanelModel } from './grafana-model.ts'

export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Seconds; one value for an instant query. Null fills the steps of a range without a sample. */
  readonly values: readonly (readonly [number, number | null])[]
}

export interface Answer {
  readonly refId: string
  readonly expr: string
  readonly step: number
  readonly instant: boolean
  readonly series: readonly Series[]
  readonly error?: string
  readonly exemplars: readonly { readonly time: number; readonly value: number; readonly trace: string }[]
}

export async function exemplars(
  prometheus: Prometheus,
  { query, start, end }: { query: string; start: string; end: string },
) {
  const found = await prometheus.api<
    { exemplars: { labels: { trace_id: string }; value: string; timestamp: number }[] }[]
  >('query_exemplars', { query, start, end })
  return found.flatMap((it) =>
    it.exemplars.map(({ labels, value, timestamp }) => ({
      time: timestamp,
      value: Number(value),
      trace: labels.trace_id,
    })),
  )
}

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, string | number>>[]
}

/** `merge` and `organize` as Grafana's transformations of those names do them: rows join where all common labels agree. */
export function tableOf(panel: PanelModel, answers: readonly Answer[]): Table {
  const known = new Set(['merge', 'organize'])
  for (const { id } of panel.transformations ?? []) if (!known.has(id)) throw new Error(`no transformation ${id} here`)
  const several = answers.length > 1
  let rows: Record<string, string | number>[] = []
  for (const { refId, series } of answers) {
    const field = several ? `Value #${refId}` : 'Value'
    for (const { labels, values } of series) {
      const [time, value] = values[0]!
      const row = { Time: time * 1_000, ...labels, [field]: value ?? Number.NaN }
      const mate = rows.find(
        (it) =>
          !(field in it) && Object.keys(row).every((key) => !(key in it) || it[key] === row[key as keyof typeof row]),
      )
      if (mate) Object.assign(mate, row)
      else rows.push(row)
    }
  }
  const { excludeByName = {}, indexByName = {} } =
    panel.transformations?.find(({ id }) => id === 'organize')?.options ?? {}
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    .filter((name) => !excludeByName[name])
    .sort((a, b) => (indexByName[a] ?? 99) - (indexByName[b] ?? 99))
  const sort = panel.options?.sortBy?.[0]
  if (sort) {
    const field = columns.find((name) => fieldConfig(panel, name).displayName === sort.displayName) ?? sort.displayName
    const rank = (row: Record<string, string | number>) => row[field] ?? Number.NEGATIVE_INFINITY
    rows = rows.sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0) * (sort.desc ? -1 : 1))
  }
  return { columns, rows }
}

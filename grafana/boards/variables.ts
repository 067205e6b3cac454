import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { DATA_SOURCE } from './panel.ts'

const ALL = { selected: true, text: 'All', value: '$__all' }

interface Choice {
  readonly of: string
  readonly matchers?: string
  /** Exactly one, without All. */
  readonly single?: true
  /** All is what is listed. Otherwise it is `.*`, which also matches what has no such label at all. */
  readonly listed?: true
}

/** Values of a label. */
export function choice(
  name: string,
  label: string,
  { of, matchers = '', single, listed }: Choice,
): dashboard.VariableModel {
  const query = `label_values(${of}${matchers && `{${matchers}}`}, ${name})`
  const builder = new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(DATA_SOURCE)
    .query({ query, refId: name, qryType: 1 })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(!single)
    .includeAll(!single)
  if (single) return builder.build()
  if (!listed) builder.allValue('.*')
  return builder.current(ALL).build()
}

/** The variable that chooses which Prometheus is asked. */
export const dataSource = (): dashboard.VariableModel =>
  new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus').build()

/** cluster, namespace, job, each within the ones before. */
export function release(of: string): dashboard.VariableModel[] {
  return [
    choice('cluster', 'Cluster', { of }),
    choice('namespace', 'Namespace', { of, matchers: 'cluster=~"$cluster"' }),
    // Listed: `up` and the process's metrics are those of every program.
    choice('job', 'Job', { of, matchers: 'cluster=~"$cluster", namespace=~"$namespace"', listed: true }),
  ]
}

/** Data sources that links to traces open; without one of the kind its link opens an empty Explore. */
export const traceVariables = (): dashboard.VariableModel[] =>
  (['tempo', 'jaeger'] as const).map((kind) =>
    new dashboard.DatasourceVariableBuilder(kind)
      .label(kind === 'tempo' ? 'Tempo' : 'Jaeger')
      .type(kind)
      .hide(dashboard.VariableHide.HideVariable)
      .build(),
  )

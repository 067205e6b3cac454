import { expect } from 'chai'
import type { Signal } from '../../grafana/signals/model.ts'
import { SIGNALS } from '../../grafana/signals.ts'
import { UNITS } from '../preview/format.ts'
import { all, queries, title, visible } from './panels.ts'
import { parse, readAsCounter, type Selector, unguarded } from './promql.ts'

const TARGET_LABELS = ['cluster', 'namespace', 'job', 'pod', 'instance']

/** The signal that a metric of an expression belongs to; `up` is Prometheus' own. */
function signalOf({ metric }: Selector): Signal | undefined {
  const signals: readonly Signal[] = Object.values(SIGNALS)
  return signals.find(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(metric) : name === metric,
  )
}

describe('grafana/dashboards', () => {
  describe('panels', () => {
    it('say what they show, and what no data means', () => {
      for (const { panel, ...of } of visible) {
        expect(panel.description?.length ?? 0, title({ panel, ...of })).to.be.above(40)
        expect(panel.description, title({ panel, ...of })).to.match(/\.$/)
        if (panel.targets) expect(panel.fieldConfig?.defaults.noValue, title({ panel, ...of })).to.be.a('string')
      }
    })

    it('have a unit of Grafana’s', () => {
      for (const { panel, ...of } of visible.filter(({ panel }) => panel.type !== 'text')) {
        const overridden = (panel.fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
          properties.filter(({ id }) => id === 'unit').map(({ value }) => value as string),
        )
        for (const unit of [panel.fieldConfig?.defaults.unit, ...overridden])
          expect(UNITS, title({ panel, ...of })).to.have.property(unit ?? 'none')
      }
    })

    it('show their legends, with totals where they count', () => {
      for (const { panel, ...of } of visible.filter(({ panel }) => panel.type === 'timeseries')) {
        expect(panel.options?.legend?.showLegend, title({ panel, ...of })).to.equal(true)
        if (panel.fieldConfig?.defaults.custom?.['drawStyle'] === 'bars' && panel.options?.legend?.calcs.length)
          expect(panel.options.legend.calcs, title({ panel, ...of })).to.deep.equal(['sum'])
      }
    })

    it('tell a state by its word, not by colour alone', () => {
      for (const { panel, ...of } of visible.filter(({ panel }) => panel.type === 'state-timeline'))
        for (const value of ['0', '1'])
          expect(panel.fieldConfig?.defaults.mappings?.[0]?.options[value]?.text, title({ panel, ...of })).to.be.a(
            'string',
          )
    })

    it('ask the data source that the variable chooses', () => {
      for (const { panel, ...of } of visible.filter(({ panel }) => panel.targets))
        for (const it of [panel, ...panel.targets!])
          expect(it.datasource, title({ panel, ...of })).to.deep.equal({ type: 'prometheus', uid: `\${datasource}` })
    })
  })

  describe('variables', () => {
    for (const { name, dashboard } of all) {
      const variables = dashboard.templating.list
      it(`of ${name} are all used, and all that are used are there`, () => {
        const text =
          JSON.stringify({ ...dashboard, templating: undefined }) + JSON.stringify(variables.map(({ query }) => query))
        const used = [...text.matchAll(/\$\{?(\w+)/g)].map(([, word]) => word!).filter((word) => !word.startsWith('__'))
        expect([...new Set(used)].sort()).to.deep.equal(variables.map((it) => it.name).sort())
      })

      it(`of ${name} match what has no cluster, and of jobs only those that are listed`, () => {
        const [source, cluster, namespace, job] = variables
        expect(source).to.include({ name: 'datasource', type: 'datasource', query: 'prometheus' })
        expect(cluster).to.include({ name: 'cluster', multi: true, includeAll: true, allValue: '.*' })
        expect(namespace).to.include({ name: 'namespace', multi: true, includeAll: true, allValue: '.*' })
        expect(job).to.include({ name: 'job', multi: true, includeAll: true }).and.not.have.property('allValue')
      })
    }
  })

  describe('queries', () => {
    for (const { target, ...of } of queries) {
      it(`${title(of)}, ${target.refId}`, () => {
        const query = parse(target.expr)
        for (const selector of query.selectors) {
          expect(selector.text).to.include('cluster=~"$cluster", namespace=~"$namespace", job=~"$job"')
          const signal = signalOf(selector)
          if (selector.metric === 'up') continue
          expect(signal, selector.metric).to.not.equal(undefined)
          // Where the rules are not loaded, the panel falls back to what the service exposes.
          if (signal!.type === 'recorded')
            expect(selector.metric, 'only what the service exposes').to.equal(SIGNALS.incidentHeld.name)
          for (const label of selector.labels) expect([...TARGET_LABELS, ...signal!.labels]).to.include(label)
          if (signal!.type === 'counter' || signal!.type === 'histogram')
            expect(
              readAsCounter(selector, query),
              `${selector.metric} in a rate, an increase or a difference`,
            ).to.equal(true)
          if (of.name === 'endpoint' && signal!.labels.includes('endpoint'))
            expect(selector.text).to.include('endpoint="$endpoint"')
        }
        const known = new Set([...TARGET_LABELS, 'le', ...query.selectors.flatMap((it) => signalOf(it)?.labels ?? [])])
        for (const label of query.groupings) expect([...known]).to.include(label)
        for (const [, label] of (target.legendFormat ?? '').matchAll(/\{\{(\w+)\}\}/g))
          expect(query.groupings, 'the legend').to.include(label)
        expect(unguarded(query)).to.deep.equal([])
        // A window of fixed length in a rate hides what happens between two steps, or spikes.
        for (const [window] of target.expr.matchAll(/\brate\([^[]*\[[^\]]*\]/g))
          expect(window).to.include('$__rate_interval')
      })
    }
  })
})

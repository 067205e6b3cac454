import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse as parseYaml } from 'yaml'
import { annotations } from '../../grafana/rules/annotations.ts'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { DASHBOARDS, SIGNALS, type Signal } from '../../grafana/signals.ts'
import { CAUSES } from '../../src/domain/cause.ts'
import { UNITS } from '../preview/format.ts'
import { DASHBOARD_FILES, type PanelModel, readDashboard } from '../preview/grafana.ts'
import { parse, readAsCounter, type Selector, unguarded } from './promql.ts'

const ROOT = join(import.meta.dirname, '../..')
const RUNBOOKS = join(ROOT, 'docs/runbooks')
const all = DASHBOARD_FILES.map((name) => ({ name, dashboard: readDashboard(name) }))
const panels = all.flatMap(({ name, dashboard }) => dashboard.panels.map((panel) => ({ name, dashboard, panel })))
const visible = panels.filter(({ panel }) => panel.type !== 'row')
const queries = visible.flatMap(({ name, panel }) => (panel.targets ?? []).map((target) => ({ name, panel, target })))
const title = ({ name, panel }: { name: string; panel: PanelModel }) => `${name}: ${panel.title}`
const TARGET_LABELS = ['cluster', 'namespace', 'job', 'pod', 'instance']

/** The signal that a metric of an expression belongs to; `up` is Prometheus' own. */
function signalOf({ metric }: Selector): Signal | undefined {
  const signals: readonly Signal[] = Object.values(SIGNALS)
  return signals.find(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(metric) : name === metric,
  )
}

describe('grafana/dashboards', () => {
  it('have the uids that links use, a schema that Grafana 10 reads, and fit a ConfigMap', () => {
    for (const { name, dashboard } of all) {
      expect(dashboard.uid).to.equal(DASHBOARDS[name])
      expect(dashboard.schemaVersion).to.equal(39)
      expect(dashboard.tags).to.include('webhook-error-exporter')
      expect(JSON.stringify(dashboard), 'what hides links in a menu').to.not.include('inControlsMenu')
      expect(readFileSync(join(ROOT, `grafana/dashboards/${name}.json`)).length).to.be.below(900 * 1_024)
    }
  })

  describe('layout', () => {
    for (const { name, dashboard } of all) {
      it(`of ${name} has no overlap, no overflow and no hole`, () => {
        const cells = new Map<string, string>()
        for (const { gridPos, title: of = '' } of dashboard.panels) {
          expect(gridPos.x, of).to.be.at.least(0)
          expect(gridPos.x + gridPos.w, of).to.be.at.most(24)
          for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
            for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
              expect(cells.get(`${x} ${y}`), `${of} lies on another`).to.equal(undefined)
              cells.set(`${x} ${y}`, of)
            }
        }
        const height = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
        expect(cells.size, 'cells').to.equal(24 * height)
      })

      it(`of ${name} gives each panel an id and a title of its own, and each query a letter`, () => {
        const ids = dashboard.panels.map(({ id }) => id)
        const titles = dashboard.panels.map(({ title }) => title)
        expect(ids.every((id) => Number.isInteger(id) && id > 0)).to.equal(true)
        expect(new Set(ids).size).to.equal(ids.length)
        expect(new Set(titles).size, titles.join()).to.equal(titles.length)
        for (const { targets = [] } of dashboard.panels)
          expect(new Set(targets.map(({ refId }) => refId)).size).to.equal(targets.length)
      })
    }
  })

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
        if (panel.fieldConfig?.defaults.custom?.['drawStyle'] === 'bars')
          expect(panel.options?.legend?.calcs, title({ panel, ...of })).to.deep.equal(['sum'])
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
          expect(signal!.type, 'only what the service exposes').to.not.equal('recorded')
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

  describe('links', () => {
    const urls = all.map(({ dashboard }) =>
      [...JSON.stringify(dashboard).matchAll(/"url":\s?"([^"]+)"|\]\(([^)]+)\)/g)].map((it) => it[1] ?? it[2]!),
    )

    it('lead from each dashboard to the two others, with variables and time range', () => {
      for (const { name, dashboard } of all) {
        const others = Object.values(DASHBOARDS).filter((uid) => uid !== DASHBOARDS[name])
        const links = dashboard.links.filter(({ url }) => url?.startsWith('/d/'))
        expect(links.map(({ url }) => url)).to.deep.equal(others.map((uid) => `/d/${uid}`))
        for (const it of links) expect(it).to.include({ includeVars: true, keepTime: true })
      }
    })

    it('lead nowhere but to dashboards, runbooks, the API and Explore', () => {
      const known =
        /^(\/d\/webhook-(overview|endpoint|exporter)(\?|$)|https:\/\/github\.com\/[^/]+\/[^/]+\/blob\/main\/docs\/runbooks\/|\$\{api\}\/api\/v1\/|\/explore\?)/
      for (const url of urls.flat()) expect(url).to.match(known)
      const reached = (list: readonly string[], part: string) => list.some((url) => url.includes(part))
      for (const [index, part] of [
        [0, `\${api}`],
        [1, `\${api}`],
        [1, '/explore'],
        [0, 'runbooks'],
        [1, 'runbooks'],
        [2, 'runbooks'],
      ] as const)
        expect(reached(urls[index]!, part), `${DASHBOARD_FILES[index]} ${part}`).to.equal(true)
    })

    it('come from every alert, with variables that the dashboard has', () => {
      for (const { alert, dashboard, ...rule } of alertsOf(GROUPS)) {
        const url = annotations({ alert, dashboard, ...rule })['dashboard_url']!
        const names = readDashboard(dashboard).templating.list.map((it) => `var-${it.name}`)
        expect(url).to.include(`/d/${DASHBOARDS[dashboard]}?`)
        for (const [name] of url.matchAll(/\bvar-\w+/g)) expect(names, alert).to.include(name)
      }
    })

    it('lead to the part of the runbook that is about the cause', () => {
      const headings = readFileSync(join(RUNBOOKS, 'WebhookEndpointFailing.md'), 'utf8').split('\n')
      for (const cause of CAUSES) expect(headings).to.include(`### ${cause}`)
    })

    it('lead to runbooks that are there', () => {
      for (const url of urls.flat().filter((it) => it.includes('/docs/runbooks/'))) {
        const [file = ''] = url.split('/docs/runbooks/')[1]!.split('#')
        expect(existsSync(join(RUNBOOKS, file)), file).to.equal(true)
      }
    })
  })
})

describe('grafana/provisioning', () => {
  const read = (path: string) => parseYaml(readFileSync(join(ROOT, 'grafana/provisioning', path), 'utf8'))

  it('loads the dashboards, and data sources that exemplars lead on from', () => {
    const { apiVersion, providers } = read('dashboards/webhooks.yaml')
    expect(apiVersion).to.equal(1)
    expect(providers).to.have.length(1)
    expect(providers[0]).to.deep.include({ type: 'file', folder: 'Webhooks', allowUiUpdates: false })
    const { datasources } = read('datasources/webhooks.yaml')
    const [prometheus, tempo] = datasources
    expect(prometheus).to.deep.include({ type: 'prometheus', access: 'proxy' })
    expect(prometheus.jsonData.exemplarTraceIdDestinations).to.deep.equal([
      { name: 'trace_id', datasourceUid: tempo.uid },
    ])
    expect(tempo.type).to.equal('tempo')
  })
})

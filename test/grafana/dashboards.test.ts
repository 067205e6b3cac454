import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse as parseYaml } from 'yaml'
import { COLOUR } from '../../grafana/boards/palette.ts'
import { withoutApiLinks } from '../../grafana/boards/render.ts'
import { API_BASE, annotations } from '../../grafana/rules/annotations.ts'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { CANARY_LOST_AFTER } from '../../grafana/rules/intake-alerts.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import type { Signal } from '../../grafana/signals/model.ts'
import { DASHBOARDS, SIGNALS } from '../../grafana/signals.ts'
import { CAUSES } from '../../src/domain/cause.ts'
import { UNITS } from '../preview/format.ts'
import {
  allPanels,
  DASHBOARD_FILES,
  type DashboardModel,
  type PanelModel,
  readDashboard,
  unfolded,
} from '../preview/grafana-model.ts'
import { parse, readAsCounter, type Selector, unguarded } from './promql.ts'

const ROOT = join(import.meta.dirname, '../..')
const RUNBOOKS = join(ROOT, 'docs/runbooks')
const all = DASHBOARD_FILES.map((name) => ({ name, dashboard: readDashboard(name) }))
const panels = all.flatMap(({ name, dashboard }) => allPanels(dashboard).map((panel) => ({ name, dashboard, panel })))
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

  describe('at first sight', () => {
    const open = ({ panels: shown }: DashboardModel) => shown.filter(({ type }) => type !== 'row')
    const overview = readDashboard('overview')

    it('are few panels: the rest is in folded sections', () => {
      for (const { name, dashboard } of all) {
        const rows = dashboard.panels.filter(({ type }) => type === 'row')
        expect(rows.length, name).to.be.above(1)
        for (const row of rows) {
          expect(row.collapsed, row.title).to.equal(true)
          expect(row.panels, row.title).to.not.deep.equal([])
        }
      }
      expect(open(readDashboard('exporter')).length).to.be.at.most(8)
    })

    it('cost the overview at most 25 queries, folded sections and annotations included', () => {
      const targets = allPanels(overview).flatMap(({ targets = [] }) => targets)
      expect(targets.length + overview.annotations.list.length).to.be.at.most(25)
    })

    it('show the success rate, and what is lost and not restored', () => {
      const metrics = (of: readonly PanelModel[]) =>
        of.flatMap(({ targets = [] }) =>
          targets.flatMap(({ expr }) => parse(expr).selectors.map(({ metric }) => metric)),
        )
      expect(metrics(open(overview))).to.include.members([
        'webhook_endpoint_deliveries_total',
        'webhook_incident_recovery_state',
      ])
      expect(metrics(allPanels(overview).filter(({ title }) => title === 'Endpoints'))).to.include(
        'webhook_endpoint_deliveries_total',
      )
      for (const name of ['overview', 'endpoint'] as const)
        expect(readDashboard(name).panels.map(({ title }) => title)).to.include('Losses not made good')
      expect(metrics(allPanels(readDashboard('endpoint')))).to.include.members([
        'webhook_endpoint_deliveries_total',
        'webhook_endpoint_delivery_attempts_total',
        'webhook_endpoint_delivery_retries_total',
        'webhook_endpoint_delivery_duration_seconds_bucket',
      ])
      expect(allPanels(readDashboard('endpoint')).filter(({ type }) => type === 'heatmap')).to.have.length(1)
    })

    it('say off where a feature is off', () => {
      const features = /webhook_(endpoint_deliver|incident_recovery_state|hook_|canary_last)/
      const off = visible.filter(
        ({ panel: { targets = [], type } }) => type !== 'table' && targets.some(({ expr }) => features.test(expr)),
      )
      expect(off.length).to.be.above(8)
      for (const { panel } of off)
        expect(panel.fieldConfig?.defaults.noValue, panel.title).to.match(/\boff\b|\bor no\b/)
    })

    it('mark the alerts that fired', () => {
      for (const { name, dashboard } of all)
        expect(dashboard.annotations.list.map(({ expr = '' }) => expr).join(), name).to.match(/ALERTS\{.*"firing"/)
    })

    it('have nouns as titles', () => {
      const verbs =
        /\b(is|are|was|were|has|have|failing now|recorded|removed|stored|used|refused|lost,|to go|left|up)$|, in range|^(Now|Failing (now|since)|First|Last|Not|Where)\b/
      for (const of of panels) expect(of.panel.title, title(of)).to.not.match(verbs)
    })

    it('draw limits in the colour of what lies beyond them, inside the axis', () => {
      const limited = visible.filter(({ panel }) => panel.fieldConfig?.defaults.custom?.['thresholdsStyle'])
      expect(limited.length).to.be.above(2)
      for (const { panel } of limited) {
        const { custom, thresholds } = panel.fieldConfig!.defaults
        const most = Math.max(...thresholds!.steps.map(({ value }) => value ?? 0))
        expect(custom!['axisSoftMax'], panel.title).to.be.above(most)
      }
      const certificate = limited.find(({ panel }) => panel.title === 'Certificate lifetime by vantage point')!.panel
      expect(certificate.fieldConfig!.defaults).to.not.have.property('min')
      expect(certificate.fieldConfig!.defaults.thresholds!.steps.slice(1)).to.deep.equal([
        { value: 7, color: COLOUR.bad },
        { value: 21, color: COLOUR.warn },
      ])
    })

    it('show a canary that is stale as bad, by the threshold of its alert', () => {
      const { panel } = visible.find(({ panel: { title: of } }) => of === 'Canary age')!
      expect(panel.fieldConfig!.defaults.thresholds!.steps.at(-1)).to.deep.equal({
        value: CANARY_LOST_AFTER,
        color: COLOUR.bad,
      })
    })

    it('keep bars wide enough to be seen', () => {
      for (const { panel } of visible.filter(
        ({ panel: it }) => it.fieldConfig?.defaults.custom?.['drawStyle'] === 'bars',
      )) {
        expect(panel.maxDataPoints, panel.title).to.be.at.most(75)
        expect(panel.fieldConfig!.defaults.custom, panel.title).to.include({ barWidthFactor: 0.9, barMaxWidth: 24 })
      }
    })
  })

  describe('layout', () => {
    for (const { name, dashboard: folded } of all) {
      const dashboard = unfolded(folded)
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

      it(`of ${name} gives each panel an id and its own title, and each query a letter`, () => {
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

    it('lead to the API in the chart alone, which leaves out each line of one where its address is not set', () => {
      for (const name of DASHBOARD_FILES) {
        const chart = readFileSync(join(ROOT, `helm/webhook-error-exporter/files/dashboards/${name}.json`), 'utf8')
        const plain = readFileSync(join(ROOT, `grafana/dashboards/${name}.json`), 'utf8')
        expect(withoutApiLinks(chart)).to.equal(plain)
        expect(plain).to.not.include(API_BASE)
        expect(chart.includes(`${API_BASE}/api/v1/`), name).to.equal(name !== 'exporter')
        JSON.parse(chart)
      }
    })

    it('lead nowhere but to dashboards, runbooks, remedies and Explore', () => {
      const known =
        /^(\/d\/webhook-(overview|endpoint|exporter)(\?|$)|https:\/\/github\.com\/[^/]+\/[^/]+\/blob\/main\/docs\/(runbooks|remedies)\/|\/explore\?)/
      for (const url of urls.flat()) expect(url).to.match(known)
      const reached = (list: readonly string[], part: string) => list.some((url) => url.includes(part))
      for (const [index, part] of [
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

    it('lead to the page about each cause', () => {
      for (const cause of CAUSES) expect(existsSync(join(ROOT, `docs/remedies/${cause}.md`)), cause).to.equal(true)
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

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse as parseYaml } from 'yaml'
import { COLOUR } from '../../grafana/boards/palette.ts'
import { CANARY_LOST_AFTER } from '../../grafana/rules/intake-alerts.ts'
import { DASHBOARDS } from '../../grafana/signals.ts'
import { allPanels, type DashboardModel, type PanelModel, readDashboard, unfolded } from '../preview/grafana-model.ts'
import { all, panels, title, visible } from './panels.ts'
import { parse } from './promql.ts'

const ROOT = join(import.meta.dirname, '../..')

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

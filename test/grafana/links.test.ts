import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { withoutApiLinks } from '../../grafana/boards/render.ts'
import { API_BASE, annotations } from '../../grafana/rules/annotations.ts'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { NOW_PANELS } from '../../grafana/rules/removed.ts'
import { DASHBOARDS } from '../../grafana/signals.ts'
import { CAUSES } from '../../src/domain/cause/cause.ts'
import { DASHBOARD_FILES, readDashboard } from '../preview/grafana-model.ts'
import { all, visible } from './panels.ts'

const ROOT = join(import.meta.dirname, '../..')
const RUNBOOKS = join(ROOT, 'docs/runbooks')

describe('grafana/dashboards', () => {
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

    it('are not needed for an alert that was removed: a panel shows what it said', () => {
      for (const [alert, { dashboard, panel }] of Object.entries(NOW_PANELS))
        expect(
          visible.filter(({ name }) => name === dashboard).map(({ panel: { title } }) => title),
          alert,
        ).to.include(panel)
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

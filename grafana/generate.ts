import { alertmanagerFile, chartInhibitions, chartValues, composeFile } from './alertmanager/render.ts'
import { templateFile } from './alertmanager/templates.ts'
import { endpoint } from './boards/endpoint.ts'
import { exporter } from './boards/exporter.ts'
import { overview } from './boards/overview.ts'
import { renderBoard, withoutApiLinks } from './boards/render.ts'
import { canaryPage } from './canary-page.ts'
import { generate, stale } from './generated-files.ts'
import { renderMetricsPage } from './metrics-page.ts'
import { GROUPS, RULE_FILES } from './rules/groups.ts'
import { alertsOf } from './rules/model.ts'
import { renderRemedies } from './rules/remedy-pages.ts'
import { renderRemoved, renderRuleFile } from './rules/render.ts'
import { renderIndex, renderRunbook } from './rules/runbooks.ts'
import { simulatedPages } from './rules/simulated-pages.ts'

/** `node grafana/generate.ts [--check]`: everything that is made from grafana/. */
const DASHBOARDS = 'grafana/dashboards'
/** With links to the API, which the chart leaves out where their address is not set. */
const CHART_DASHBOARDS = 'helm/webhook-error-exporter/files/dashboards'
const RUNBOOKS = 'docs/runbooks'
const ALERTMANAGER = 'docs/alertmanager'
const RULES = 'helm/webhook-error-exporter/files/rules'
const REMEDIES = 'docs/remedies'
const CHART_ALERTS = 'helm/webhook-error-exporter/files/alerts'
const OWNED = [DASHBOARDS, CHART_DASHBOARDS, RUNBOOKS, REMEDIES, RULES, CHART_ALERTS].map((folder) => `${folder}/*`)

/** @returns path from the repository's root → content */
export function generated(): Map<string, string> {
  const files = new Map<string, string>()
  for (const board of [overview, endpoint, exporter]) {
    const text = renderBoard(board)
    files.set(`${CHART_DASHBOARDS}/${board.key}.json`, text)
    files.set(`${DASHBOARDS}/${board.key}.json`, withoutApiLinks(text))
  }
  for (const [name, groups] of RULE_FILES) files.set(`${RULES}/${name}`, renderRuleFile(groups))
  const alerts = alertsOf(GROUPS)
  for (const alert of alerts) files.set(`${RUNBOOKS}/${alert.alert}.md`, renderRunbook(alert))
  files.set(`${RUNBOOKS}/README.md`, renderIndex(GROUPS, simulatedPages()))
  for (const [id, page] of renderRemedies()) files.set(`${REMEDIES}/${id}.md`, page)
  files.set(`${CHART_ALERTS}/inhibitions.yaml`, chartInhibitions())
  files.set(`${CHART_ALERTS}/removed.yaml`, renderRemoved(alerts))
  files.set('docs/canary.md', canaryPage())
  files.set(`${ALERTMANAGER}/alertmanager.yaml`, alertmanagerFile())
  files.set('examples/compose/alertmanager.yaml', composeFile())
  files.set(`${ALERTMANAGER}/webhooks.tmpl`, templateFile())
  files.set(`${ALERTMANAGER}/chart-values.yaml`, chartValues())
  files.set('docs/metrics.md', renderMetricsPage())
  return files
}

/** @returns the paths that differ from what is generated, those that should not be there included */
export const drift = (files = generated()): string[] => stale(files, OWNED)

if (import.meta.main) generate(generated(), OWNED)

import { alertmanagerFile, chartValues } from './alertmanager/render.ts'
import { templateFile } from './alertmanager/templates.ts'
import { build } from './boards/board.ts'
import { endpoint } from './boards/endpoint.ts'
import { exporter } from './boards/exporter.ts'
import { overview } from './boards/overview.ts'
import { generate, stale } from './generated-files.ts'
import { renderMetricsPage } from './metrics-page.ts'
import { GROUPS } from './rules/groups.ts'
import { alertsOf } from './rules/model.ts'
import { renderGroup } from './rules/render.ts'
import { renderIndex, renderRunbook } from './rules/runbooks.ts'

/** `node grafana/generate.ts [--check]`: everything that is made from grafana/. */
const DASHBOARDS = 'grafana/dashboards'
const RUNBOOKS = 'docs/runbooks'
const ALERTMANAGER = 'docs/alertmanager'
const RULES = 'helm/webhook-error-exporter/files/rules'
const OWNED = [DASHBOARDS, RUNBOOKS, RULES].map((folder) => `${folder}/*`)

/** @returns path from the repository's root → content */
export function generated(): Map<string, string> {
  const files = new Map<string, string>()
  for (const board of [overview, endpoint, exporter])
    files.set(`${DASHBOARDS}/${board.key}.json`, `${JSON.stringify(build(board), null, 2)}\n`)
  for (const group of GROUPS) files.set(`${RULES}/${group.name.replace(/^webhook-/, '')}.yaml`, renderGroup(group))
  const alerts = alertsOf(GROUPS)
  for (const alert of alerts) files.set(`${RUNBOOKS}/${alert.alert}.md`, renderRunbook(alert))
  files.set(`${RUNBOOKS}/README.md`, renderIndex(alerts))
  files.set(`${ALERTMANAGER}/alertmanager.yaml`, alertmanagerFile())
  files.set(`${ALERTMANAGER}/webhooks.tmpl`, templateFile())
  files.set(`${ALERTMANAGER}/chart-values.yaml`, chartValues())
  files.set('docs/metrics.md', renderMetricsPage())
  return files
}

/** @returns the paths that differ from what is generated, those that should not be there included */
export const drift = (files = generated()): string[] => stale(files, OWNED)

if (import.meta.main) generate(generated(), OWNED)

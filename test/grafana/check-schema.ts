import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allPanels, DASHBOARD_FILES, type PanelModel, readDashboard } from '../preview/grafana-model.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'

/**
 * `npm run check:grafana`: the JSON of the dashboards against the types of `@grafana/schema` of each major that the
 * documentation names, by TypeScript: the dashboard, and of each panel its options, its field configuration and its queries.
 * It shows that names and types are known there, not how a Grafana of that version draws them. Needs the npm registry.
 */
const MAJORS = ['10.4.9', '11.6.9', '12.4.11', '13.2.3']
const TSC = join(import.meta.dirname, '../../node_modules/.bin/tsc')
/** Panel type → its folder and the stem of its file in the package. */
const KINDS: Readonly<Record<string, readonly [folder: string, file: string]>> = {
  bargauge: ['bargauge', 'BarGauge'],
  heatmap: ['heatmap', 'Heatmap'],
  stat: ['stat', 'Stat'],
  'state-timeline': ['statetimeline', 'StateTimeline'],
  table: ['table', 'Table'],
  timeseries: ['timeseries', 'TimeSeries'],
}
/** What these have is nothing but `HideableFieldConfig` and the like, under the same name. */
const WITHOUT_FIELD_CONFIG = ['bargauge', 'stat', 'table']
const OF_DATA_SOURCE = ['target', 'expr', 'step', 'titleFormat', 'textFormat', 'tagKeys', 'useValueForTime']
/** JSON has strings where the types have enums; texts and numbers stay what they are. */
const JSON_OF = `type Json<T> = T extends string ? \`\${T}\` : T extends number ? (number extends T ? number : \`\${T}\` extends \`\${infer N extends number}\` ? N : never) : T extends object ? { [K in keyof T]: Json<T[K]> } : T`

let failed = false
for (const version of MAJORS) {
  // A folder each: the package's files import it by its own name.
  const folder = tempFolder()
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: { '@grafana/schema': version } }),
  )
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], { cwd: folder })
  const file = join(folder, 'dashboards.ts')
  const lines = source(folder)
  writeFileSync(file, lines.join('\n'))
  const { stdout, status } = spawnSync(
    TSC,
    ['--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler', file],
    { cwd: folder, encoding: 'utf8' },
  )
  console.log(`@grafana/schema ${version}: ${lines.length - 1} checks, ${status === 0 ? 'no error' : 'errors'}`)
  if (status !== 0) {
    failed = true
    for (const line of stdout.split('\n').slice(0, 20)) console.log(`  ${line}`)
  }
}
removeTempFolders()
process.exitCode = failed ? 1 : 0

function source(folder: string): string[] {
  const path = (kind: readonly [string, string], group = 'panelcfg', suffix = 'PanelCfg') =>
    `./node_modules/@grafana/schema/dist/esm/raw/composable/${kind[0]}/${group}/x/${kind[1]}${suffix}_types.gen`
  const isKnown = existsSync(join(folder, `${path(['prometheus', 'Prometheus'], 'dataquery', 'DataQuery')}.d.ts`))
  const imports = Object.entries(KINDS).map(
    ([type, kind]) => `import type * as ${identifier(type)} from '${path(kind)}'`,
  )
  const head = [
    "import type { Dashboard } from '@grafana/schema'",
    ...imports,
    // Later packages have no types of Prometheus' queries.
    isKnown
      ? `import type { PrometheusDataQuery } from '${path(['prometheus', 'Prometheus'], 'dataquery', 'DataQuery')}'`
      : 'type PrometheusDataQuery = Record<string, unknown>',
    JSON_OF,
    // What must not pass: the check itself would be worth nothing otherwise.
    '// @ts-expect-error a text in the place of a number',
    `export const wrong: Json<Dashboard> = { schemaVersion: 'latest' }`,
    '// @ts-expect-error an option that nobody knows',
    'export const unknown: Json<Partial<stat.Options>> = { colourMode: "value" }',
  ]
  const checks = DASHBOARD_FILES.flatMap((file) => {
    const { annotations, ...rest } = readDashboard(file)
    // An annotation's query belongs to its data source; the package only knows those of Grafana's own.
    const list = annotations.list.map((annotation) =>
      Object.fromEntries(Object.entries(annotation).filter(([key]) => !OF_DATA_SOURCE.includes(key))),
    )
    const dashboard = { ...rest, annotations: { list } }
    return [
      `export const ${file}: Json<Dashboard> = ${JSON.stringify(dashboard)}`,
      ...allPanels({ panels: rest.panels })
        .filter(({ type }) => type !== 'row')
        .flatMap((panel) => checksOf(file, panel)),
    ]
  })
  return [head.join(';'.concat('\n')).replaceAll(/^(\/\/.*);$/gm, '$1'), ...checks]
}

function checksOf(file: string, panel: PanelModel): string[] {
  const type = identifier(panel.type)
  const id = `${file}${panel.id}`
  const { custom } = panel.fieldConfig?.defaults ?? {}
  return [
    `export const ${id}: Json<Partial<${type}.Options>> = ${JSON.stringify(panel.options ?? {})}`,
    ...(custom && !WITHOUT_FIELD_CONFIG.includes(panel.type)
      ? [`export const ${id}custom: Json<Partial<${type}.FieldConfig>> = ${JSON.stringify(custom)}`]
      : []),
    ...(panel.targets ?? []).map(
      (target) => `export const ${id}${target.refId}: Json<PrometheusDataQuery> = ${JSON.stringify(target)}`,
    ),
  ]
}

function identifier(type: string): string {
  return type.replaceAll('-', '')
}

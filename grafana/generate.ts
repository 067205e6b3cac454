import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { alertmanagerFile, chartValues } from './alertmanager/render.ts'
import { templateFile } from './alertmanager/templates.ts'
import { renderMetricsPage } from './metrics-page.ts'
import { GROUPS } from './rules/groups.ts'
import { alertsOf } from './rules/model.ts'
import { renderGroup } from './rules/render.ts'
import { renderIndex, renderRunbook } from './rules/runbooks.ts'

/**
 * Everything that is made from grafana/: `node grafana/generate.ts` writes it, `--check` only tells what differs (exit 1).
 */
const root = join(import.meta.dirname, '..')
const RUNBOOKS = 'docs/runbooks'
const ALERTMANAGER = 'docs/alertmanager'
const RULES = 'helm/webhook-error-exporter/files/rules'

/** Path from the repository's root → content. */
export function generated(): Map<string, string> {
  const files = new Map<string, string>()
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

/** Folders in which nothing else may lie. */
const OWNED = [RUNBOOKS, RULES]

/** @returns the paths that differ from what is generated, those that should not be there included */
export function drift(files = generated()): string[] {
  const differing = [...files]
    .filter(([path, content]) => readIfThere(join(root, path)) !== content)
    .map(([path]) => path)
  return [...differing, ...strangers(files)]
}

const strangers = (files: ReadonlyMap<string, string>): string[] =>
  OWNED.flatMap((folder) => list(folder).map((name) => `${folder}/${name}`)).filter((path) => !files.has(path))

function list(folder: string): string[] {
  try {
    return readdirSync(join(root, folder))
  } catch {
    return []
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const files = generated()
  const paths = drift(files)
  if (process.argv.includes('--check')) {
    for (const path of paths) console.log(`differs: ${path}`)
    process.exitCode = paths.length > 0 ? 1 : 0
  } else {
    for (const path of strangers(files)) rmSync(join(root, path))
    for (const [path, content] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), content)
    }
    for (const path of paths) console.log(`written: ${relative(root, join(root, path))}`)
  }
}

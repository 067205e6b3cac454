import { globSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { generate, ROOT, stale } from '../../grafana/generated-files.ts'
import { kustomizeComponents } from './kustomize.ts'
import { chartReadme } from './readme.ts'
import { CHART } from './values-docs.ts'
import { valuesSchema } from './values-schema.ts'

/** `node helm/tools/generate.ts [--check]`: everything in helm/ that is made from something else. */
const OWNED = ['helm/kustomize/*/*', 'helm/webhook-error-exporter/files/dashboards/*']

/** @returns path from the repository's root → content */
async function generated(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const add = (path: string, text: string) => files.set(relative(ROOT, path), text)
  add(join(CHART, 'values.schema.json'), `${JSON.stringify(valuesSchema(), null, 1)}\n`)
  // A chart cannot read outside of its folder. Windows and archives do not keep links, so these are copies.
  for (const path of globSync('grafana/dashboards/*.json', { cwd: ROOT })) {
    add(join(CHART, 'files/dashboards', basename(path)), readFileSync(join(ROOT, path), 'utf8'))
  }
  add(join(CHART, 'README.md'), await chartReadme())
  for (const [path, text] of await kustomizeComponents()) add(join(ROOT, 'helm/kustomize', path), text)
  return files
}

/** @returns the paths whose files differ from what would be generated, or should not be there */
export const drift = async (): Promise<string[]> => stale(await generated(), OWNED)

if (import.meta.main) generate(await generated(), OWNED)

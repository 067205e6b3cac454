import { join, relative } from 'node:path'
import { generate, ROOT, stale } from '../../grafana/generated-files.ts'
import { defaultPath, sourceKinds } from '../../src/sources/index.ts'
import { kustomizeComponents } from './kustomize.ts'
import { chartReadme } from './readme.ts'
import { CHART } from './values-docs.ts'
import { valuesSchema } from './values-schema.ts'

/** `node helm/tools/generate.ts [--check]`: everything in helm/ that is made from something else. */
const OWNED = ['helm/kustomize/*/*']

/** @returns path from the repository's root → content */
async function generated(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const add = (path: string, text: string) => files.set(relative(ROOT, path), text)
  add(join(CHART, 'values.schema.json'), `${JSON.stringify(valuesSchema(), null, 1)}\n`)
  add(join(CHART, 'files/sources.json'), `${JSON.stringify(kindsOfSources(), null, 1)}\n`)
  add(join(CHART, 'README.md'), await chartReadme())
  for (const [path, text] of await kustomizeComponents()) add(join(ROOT, 'helm/kustomize', path), text)
  return files
}

/** What the chart has to know of each kind of source: its default path, and the word for its default `auth`. */
function kindsOfSources(): Record<string, { path: string; auth: string }> {
  return Object.fromEntries(
    [...sourceKinds].map(([kind, { auth = 'bearer' }]) => [
      kind,
      { path: defaultPath(kind), auth: typeof auth === 'string' ? auth : auth.kind },
    ]),
  )
}

/** @returns the paths of files that differ from what would be generated, or should not exist */
export const drift = async (): Promise<string[]> => stale(await generated(), OWNED)

if (import.meta.main) generate(await generated(), OWNED)

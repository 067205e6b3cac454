import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { kustomizeComponents } from './kustomize.ts'
import { chartReadme } from './readme.ts'
import { CHART } from './values-docs.ts'
import { valuesSchema } from './values-schema.ts'

/**
 * `node helm/tools/generate.ts [--check]`: everything in helm/ that is made from something else. With --check nothing is
 * written; what is not current is named, and the exit code is 1.
 */
const ROOT = join(import.meta.dirname, '../..')

/** @returns path from the repository's root → content */
export async function generated(): Promise<Map<string, string>> {
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

/** Files in generated folders that nothing generates any more. */
function left(files: ReadonlyMap<string, string>): string[] {
  const there = globSync(['helm/kustomize/*/*', 'helm/webhook-error-exporter/files/dashboards/*'], { cwd: ROOT })
  return there.filter((path) => !files.has(path))
}

/** @returns the paths whose files differ from what would be generated, or should not be there */
export async function stale(): Promise<string[]> {
  const files = await generated()
  return [...[...files].filter(([path, text]) => current(path) !== text).map(([path]) => path), ...left(files)]
}

function current(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const paths = await stale()
    for (const path of paths) console.error(`${path} is not current: run node helm/tools/generate.ts`)
    process.exitCode = paths.length > 0 ? 1 : 0
  } else {
    const files = await generated()
    for (const path of left(files)) rmSync(join(ROOT, path))
    for (const [path, text] of files) {
      if (current(path) === text) continue
      mkdirSync(dirname(join(ROOT, path)), { recursive: true })
      writeFileSync(join(ROOT, path), text)
      console.log(path)
    }
  }
}

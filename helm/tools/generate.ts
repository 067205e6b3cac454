import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
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
  return files
}

/** @returns the paths whose files differ from what would be generated */
export async function stale(): Promise<string[]> {
  return [...(await generated())].filter(([path, text]) => current(path) !== text).map(([path]) => path)
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
    for (const [path, text] of await generated()) {
      if (current(path) === text) continue
      mkdirSync(dirname(join(ROOT, path)), { recursive: true })
      writeFileSync(join(ROOT, path), text)
      console.log(path)
    }
  }
}

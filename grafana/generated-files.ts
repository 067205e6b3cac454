import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The repository's root, from which all paths here are reckoned. */
export const ROOT = join(import.meta.dirname, '..')

/** Path → content. */
export type Files = ReadonlyMap<string, string>

/**
 * @param owned patterns of places where nothing but generated files may lie
 * @returns the paths that differ from what is generated, those that should not be there included
 */
export function stale(files: Files, owned: readonly string[]): string[] {
  return [
    ...[...files].filter(([path, content]) => current(path) !== content).map(([path]) => path),
    ...left(files, owned),
  ]
}

/** What a generator does as a command: writes what is stale and names it; with `--check` only names it (exit code 1). */
export function generate(files: Files, owned: readonly string[]): void {
  const paths = stale(files, owned)
  if (process.argv.includes('--check')) {
    for (const path of paths) console.error(`${path} is not current: run npm run generate`)
    process.exitCode = paths.length > 0 ? 1 : 0
    return
  }
  for (const path of paths) {
    const content = files.get(path)
    if (content === undefined) rmSync(join(ROOT, path))
    else {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true })
      writeFileSync(join(ROOT, path), content)
    }
    console.log(path)
  }
}

const left = (files: Files, owned: readonly string[]): string[] =>
  globSync([...owned], { cwd: ROOT }).filter((path) => !files.has(path))

function current(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch {
    return undefined
  }
}

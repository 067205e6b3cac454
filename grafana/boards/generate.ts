import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './board.ts'
import { endpoint } from './endpoint.ts'
import { exporter } from './exporter.ts'
import { overview } from './overview.ts'

/**
 * `node grafana/boards/generate.ts [--check]`: grafana/dashboards/*.json. With --check nothing is written; what is not
 * current is named, and the exit code is 1.
 */
const FOLDER = join(import.meta.dirname, '../dashboards')

export const BOARDS = [overview, endpoint, exporter]

/** @returns file name → content */
export function generated(): Map<string, string> {
  return new Map(BOARDS.map((board) => [`${board.key}.json`, `${JSON.stringify(build(board), null, 2)}\n`]))
}

function current(name: string): string | undefined {
  try {
    return readFileSync(join(FOLDER, name), 'utf8')
  } catch {
    return undefined
  }
}

/** @returns the names of files that are not what would be generated */
export const stale = (): string[] =>
  [...generated()].filter(([name, text]) => current(name) !== text).map(([name]) => name)

if (import.meta.main) {
  const names = stale()
  if (process.argv.includes('--check')) {
    for (const name of names)
      console.error(`grafana/dashboards/${name} is not current: run node grafana/boards/generate.ts`)
    process.exitCode = names.length > 0 ? 1 : 0
  } else {
    mkdirSync(FOLDER, { recursive: true })
    for (const name of names) {
      writeFileSync(join(FOLDER, name), generated().get(name)!)
      console.log(`grafana/dashboards/${name}`)
    }
  }
}

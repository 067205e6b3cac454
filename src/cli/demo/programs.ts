import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

export interface FoundProgram {
  readonly path: string
  /** The whole environment to start it with. */
  readonly env: Record<string, string>
}

/** Where tests unpack programs that the machine does not have. */
const CACHE = join(import.meta.dirname, '../../../.cache/programs')

const ORIGINS = {
  prometheus: { names: ['prometheus'], file: 'prometheus/usr/bin/prometheus' },
  alertmanager: {
    names: ['alertmanager', 'prometheus-alertmanager'],
    file: 'prometheus-alertmanager/usr/bin/prometheus-alertmanager',
  },
} as const

/** The machine's own program, else the one that the tests have unpacked; undefined where there is neither. */
export function findProgram(name: keyof typeof ORIGINS): FoundProgram | undefined {
  const { names, file } = ORIGINS[name]
  const env = process.env as Record<string, string>
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const own = folders.flatMap((folder) => names.map((each) => join(folder, each))).find(isExecutable)
  if (own !== undefined) return { path: own, env }
  const path = join(CACHE, file)
  const root = join(CACHE, file.split('/')[0]!)
  if (!isExecutable(path) || !existsSync(join(root, '.library-path'))) return undefined
  const libraries = readFileSync(join(root, '.library-path'), 'utf8').trim().split('\n').filter(Boolean)
  return { path, env: { ...env, LD_LIBRARY_PATH: libraries.map((folder) => join(root, folder)).join(delimiter) } }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const SHARE = '/usr/share/prometheus/alertmanager'

/**
 * Debian's Alertmanager reads its own templates from a fixed folder, where nothing is if the package was only unpacked.
 * Then a copy in `folder` is run that looks in its working directory, by a path of the same length.
 */
export function relocated(path: string, folder: string): { readonly program: string; readonly cwd: string } {
  const templates = join(dirname(path), '../share/prometheus/alertmanager')
  const content = readFileSync(path)
  if (existsSync(SHARE) || !content.includes(SHARE)) return { program: path, cwd: folder }
  const here = Buffer.from('/proc/self/cwd'.padEnd(SHARE.length, '/.'))
  for (let at = content.indexOf(SHARE); at >= 0; at = content.indexOf(SHARE, at)) here.copy(content, at)
  const program = join(folder, 'alertmanager')
  writeFileSync(program, content, { mode: 0o755 })
  return { program, cwd: templates }
}

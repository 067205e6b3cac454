import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { program, programsIn } from './support/programs.ts'

/**
 * `npm test`: type check, lint, real programs, mocha. Arguments go to mocha; a file or folder among them replaces all
 * tests: `npm test -- test/http.test.ts --grep refused`. `--fast` leaves out the spec files that use other programs or
 * start the service. Spec files run in parallel: most of their time is waiting.
 */
const root = join(import.meta.dirname, '..')
process.chdir(root)
const fast = process.argv.includes('--fast')
const args = process.argv.slice(2).filter((arg) => arg !== '--fast')
const isSpec = (arg: string) => !arg.startsWith('-') && (existsSync(arg) || arg.includes('*'))
const all = globSync('test/**/*.test.ts').sort()
const specs = args.some(isSpec) ? [] : fast ? all.filter((spec) => !usesPrograms(spec)) : all
const workers = Math.max(2, availableParallelism())
const folder = mkdtempSync(join(tmpdir(), 'npm-test-'))
const counts = join(folder, 'counts.json')
let failedSteps = 0

await step('type check', () => run('typescript/bin/tsc'))
await step('lint and format', () => run('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings'))
// With a file named, what it needs is obtained when it asks.
if (specs.length > 0 && !fast) await step('programs', obtain)
await step('tests', () =>
  run(
    'mocha/bin/mocha.js',
    ...['--parallel', '--jobs', String(workers), '--reporter', 'test/support/mocha-reporter.ts'],
    ...specs,
    ...args,
  ),
)

const { passes, failures, pending } = existsSync(counts)
  ? JSON.parse(readFileSync(counts, 'utf8'))
  : { passes: 0, failures: 1, pending: 0 }
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
    env: { ...process.env, MOCHA_COUNTS_FILE: counts },
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

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { program } from '../support/programs.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

/**
 * `npm run bench -- --quick`: bare Koa and the service in turn under the same load, from the same load generator (wrk),
 * in one go, so that the ratio holds when the machine's speed drifts. The service is durable and without tracing. Other kinds
 * of source follow, each with a row of its own; `--sides 'bare Koa,service'` leaves them out.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '64' },
    sides: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log('npm run bench -- [--quick] [--rounds N] [--seconds S] [--connections C] [--sides NAME,NAME]')
  process.exit(0)
}
const rounds = Number(values.rounds ?? (values.quick ? 3 : 7))
const seconds = Number(values.seconds ?? (values.quick ? 4 : 10))
const wrk = await program('wrk')
if (!wrk) throw new Error('the benchmark needs wrk (Debian package wrk)')

interface Side {
  readonly name: string
  /** A command of the shell that ends in Node, as its users would start it. */
  readonly command: string
  readonly env: () => Record<string, string>
  /** The kind of source whose reports are sent, see report.lua. */
  readonly kind: string
  /** The port of the listener under load, out of a line that the process prints. */
  readonly port: (line: Record<string, unknown>) => number | undefined
}

interface Run {
  readonly accepted: number
  readonly p50: number
  readonly p99: number
  readonly idle: number
  readonly loaded: number
  readonly ready: number
  readonly errors: number
  /** Microseconds of processor time an accepted report, of the whole process and of its main thread. */
  readonly cpu: number
  readonly mainCpu: number
}

const ROOT = join(import.meta.dirname, '../..')
const START = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts.start as string
const SOURCES = {
  retm: {},
  generic: {
    auth: 'none',
    map: {
      type: '/event',
      lost: ['failed'],
      id: '/id',
      endpoint: '/data/url',
      code: '/data/status',
      message: '/data/error',
    },
  },
  knative: {},
}

/** The service with a source of this kind alone. */
const service = (name: string, kind: keyof typeof SOURCES): Side => ({
  name,
  kind,
  command: START,
  env: () => {
    const folder = tempFolder()
    const file = join(folder, 'config.yaml')
    writeFileSync(file, JSON.stringify({ sources: { [kind]: SOURCES[kind] } }))
    return {
      CONFIG_FILE: file,
      INGEST_PORT: '0',
      ADMIN_PORT: '0',
      JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`,
    }
  },
  port: (line) => (line['listener'] === 'ingest' ? (line['port'] as number) : undefined),
})
const ALL: readonly Side[] = [
  {
    name: 'bare Koa',
    kind: 'retm',
    command: 'exec node test/bench/bare.mjs',
    env: () => ({}),
    port: (line) => line['port'] as number,
  },
  service('service', 'retm'),
  service('generic', 'generic'),
  service('knative', 'knative'),
]
const named = values.sides?.split(',')
const SIDES = ALL.filter(({ name }) => named?.includes(name) ?? true)

/** Resident memory in MiB; with the peak where asked. */
function memory(child: ChildProcess, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)![1]) / 1_024
}

/** Seconds of processor time so far: of a process, or of one thread. */
function processorTime(child: ChildProcess, thread = ''): number {
  const fields = readFileSync(`/proc/${child.pid}/${thread}stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function run(side: Side, seconds: number): Promise<Run> {
  const started = performance.now()
  // Into a file, as a container's log goes: a reader of a pipe would take its share of the two processors.
  const output = join(tempFolder(), 'stdout')
  const file = openSync(output, 'w')
  const child = spawn('sh', ['-c', side.command], {
    cwd: ROOT,
    stdio: ['ignore', file, 'inherit'],
    // The Node that runs this, not an older one of the machine.
    env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NODE_ENV: 'production', ...side.env() },
  })
  closeSync(file)
  try {
    const port = await until(`${side.name} to listen`, () =>
      readFileSync(output, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => side.port(JSON.parse(line)))
        .find((found) => found !== undefined),
    )
    const ready = performance.now() - started
    await sleep(1_500)
    const idle = memory(child, 'VmRSS')
    await load(port, 1, side.kind)
    const before = [processorTime(child), processorTime(child, `task/${child.pid}/`)] as const
    const result = await load(port, seconds, side.kind)
    const each = 1e6 / result.accepted
    return {
      ...result,
      accepted: result.accepted / result.seconds,
      idle,
      loaded: memory(child, 'VmHWM'),
      ready,
      cpu: (processorTime(child) - before[0]) * each,
      mainCpu: (processorTime(child, `task/${child.pid}/`) - before[1]) * each,
    }
  } finally {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function load(port: number, duration: number, kind: string) {
  const args = ['-t1', `-c${values.connections}`, `-d${duration}s`, '-s', join(import.meta.dirname, 'report.lua')]
  const child = spawn(wrk!.path, [...args, `http://127.0.0.1:${port}/webhooks/${kind === 'retm' ? 'error' : kind}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...wrk!.env, BENCH_KIND: kind },
  })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(/RESULT (.*)/.exec(text)![1]!) as Run & { seconds: number }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!

for (const { name, command } of SIDES) console.log(`${name}: ${command}`)
console.log(`load average ${loadavg()[0]!.toFixed(1)} before\n`)
// Once before it counts: the second start finds the compile cache.
for (const side of SIDES) await run(side, 1)
const runs: Run[][] = SIDES.map(() => [])
for (let round = 1; round <= rounds; round++) {
  for (const [index, side] of SIDES.entries()) {
    const result = await run(side, seconds)
    runs[index]!.push(result)
    console.log(`round ${round}/${rounds}  ${side.name.padEnd(9)} ${result.accepted.toFixed(0)}/s`)
  }
}
removeTempFolders()

const FIGURES: readonly (readonly [string, keyof Run, number])[] = [
  ['accepted per second', 'accepted', 0],
  ['p50, ms', 'p50', 2],
  ['p99, ms', 'p99', 2],
  ['resident idle, MiB', 'idle', 1],
  ['resident peak loaded, MiB', 'loaded', 1],
  ['start to ready, ms', 'ready', 0],
  ['processor time each, µs', 'cpu', 1],
  ['of its main thread, µs', 'mainCpu', 1],
  ['socket errors', 'errors', 0],
]
console.log(
  `\nmedians of ${rounds} rounds of ${seconds} s, ${values.connections} connections; the ratio is the median of the rounds' ratios\n`,
)
const ratios = SIDES.slice(1).map(({ name }) => `${name}/${SIDES[0]!.name}`)
const widths = ratios.map((name) => name.length + 3)
const head = [
  ...SIDES.map(({ name }) => name.padStart(12)),
  ...ratios.map((name, index) => name.padStart(widths[index]!)),
]
console.log(`${'figure'.padEnd(27)}${head.join('')}`)
for (const [label, key, digits] of FIGURES) {
  const [first = [], ...others] = runs.map((side) => side.map((it) => it[key]))
  const cells = [first, ...others].map((side) => median(side).toFixed(digits).padStart(12))
  const compared = others.map((side, index) => {
    const ratio = median(side.map((value, round) => value / first[round]!))
    return (Number.isFinite(ratio) ? ratio.toFixed(2) : '').padStart(widths[index]!)
  })
  console.log(`${label.padEnd(27)}${cells.join('')}${compared.join('')}`)
}

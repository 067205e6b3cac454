import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { program } from '../support/programs.ts'
import { removeTempFolders } from '../support/temp.ts'
import { type Started, startBare, startNginx, startService } from './proxy-sides.ts'

/**
 * `npm run bench:proxy`: deliveries to one application, directly and through nginx, a bare undici pass-through and the
 * service's proxy. All run at the same time, and are loaded in turn and in short rounds, so that ratios hold when the
 * machine's speed drifts.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    before: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log('npm run bench:proxy -- [--rounds N] [--seconds S] [--connections C] [--before CHECKOUT]')
  process.exit(0)
}
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const wrk = await program('wrk')
const nginx = await program('nginx')
if (!wrk || !nginx) throw new Error('the benchmark needs wrk and nginx (Debian packages of these names)')

/** Seconds after which V8 has compiled what a delivery runs, or nearly so. */
const WARM_UP = 8
const BARE = 'bare undici'
const OFF = 'ours, off'
const app = await startNginx(nginx)
const origin = `http://127.0.0.1:${app.port}`
const SIDES: readonly (readonly [name: string, start: () => Promise<Started> | Started])[] = [
  ['direct', () => app],
  ['nginx', () => startNginx(nginx, app.port)],
  [BARE, () => startBare(origin)],
  ['ours, none', () => startService('none', origin)],
  ['ours, safe', () => startService('safe', origin)],
  ...(values.before === undefined
    ? []
    : (['none', 'safe'] as const).map(
        (retry) => [`before, ${retry}`, () => startService(retry, origin, values.before)] as const,
      )),
  [OFF, () => startService(undefined, origin)],
]

/** What one round found of one side. */
interface Run {
  /** Deliveries per second. */
  readonly rate: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly halfP50: number
  /** Microseconds of processor time per delivery. */
  readonly cpu: number
  readonly errors: number
}

/** MiB. */
const memory = ({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024

/** Microseconds of processor time that a process has used; the kernel counts in hundredths of a second. */
function processorTime({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

async function load(port: number, duration: number, pause = 0) {
  const args = ['-t1', `-c${connections}`, `-d${duration}s`, '-s', join(import.meta.dirname, 'delivery.lua')]
  const child = spawn(wrk!.path, [...args, `http://127.0.0.1:${port}/hooks/orders`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...wrk!.env, PAUSE: String(Math.round(pause)) },
  })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(/RESULT (.*)/.exec(text)![1]!) as {
    accepted: number
    seconds: number
    p50: number
    p99: number
    errors: number
  }
}

async function run({ port, child }: Started, pause: number): Promise<Run> {
  const before = processorTime(child)
  const full = await load(port, seconds)
  const cpu = (processorTime(child) - before) / full.accepted
  const half = await load(port, Math.ceil(seconds / 2), pause)
  const { accepted, p50, p99, errors } = full
  return { rate: accepted / full.seconds, p50, p99, halfP50: half.p50, cpu, errors: errors + half.errors }
}

// What the first start compiles is cached on disk, and would count as memory of that one.
for (const retry of [undefined, 'none']) {
  const first = await startService(retry, origin)
  first.child.kill()
  await once(first.child, 'exit')
}
const sides: { name: string; side: Started; idle: number; runs: Run[] }[] = []
for (const [name, begin] of SIDES) sides.push({ name, side: await begin(), idle: Number.NaN, runs: [] })
await sleep(2_000)
for (const it of sides) it.idle = memory(it.side.child, 'VmRSS')
const loaded = sides.filter(({ name }) => name !== OFF)
/** Milliseconds between two requests of a connection at half of the bare pass-through's full load. */
let pause = 0
// Compiled code is what is compared.
for (const { name, side } of loaded) {
  await load(side.port, WARM_UP)
  const warm = await load(side.port, 1)
  if (name === BARE) pause = (2 * 1_000 * connections * warm.seconds) / warm.accepted
}
for (let round = 0; round < rounds; round++)
  for (let turn = 0; turn < loaded.length; turn++) {
    // Each side comes first, second and so on in turn.
    const it = loaded[(round + turn) % loaded.length]!
    it.runs.push(await run(it.side, pause))
    const { rate, cpu } = it.runs.at(-1)!
    console.log(`round ${round + 1}/${rounds}  ${it.name.padEnd(13)} ${rate.toFixed(0)}/s ${cpu.toFixed(1)} µs`)
  }
const peaks = new Map(loaded.map(({ name, side }) => [name, memory(side.child, 'VmHWM')]))
for (const { side } of sides) {
  side.child.kill()
  if (side.child.exitCode === null && side.child.signalCode === null) await once(side.child, 'exit')
}
removeTempFolders()

/** Median and quartiles. */
function spread(numbers: readonly number[], digits: number): string {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))]!.toFixed(digits)
  return `${at(0.5)} (${at(0.25)}–${at(0.75)})`
}
const bare = sides.find(({ name }) => name === BARE)!.runs
const perRound = (of: (run: Run, round: number) => number, digits: number) => (it: (typeof sides)[number]) =>
  it.runs.length === 0 ? '' : spread(it.runs.map(of), digits)
const ROWS: readonly (readonly [label: string, cell: (it: (typeof sides)[number]) => string])[] = [
  ['deliveries per second', perRound(({ rate }) => rate, 0)],
  ['of the bare rate', perRound(({ rate }, round) => rate / bare[round]!.rate, 2)],
  ['processor time each, µs', perRound(({ cpu }) => cpu, 1)],
  ['p50, ms', perRound(({ p50 }) => p50, 2)],
  ['p99, ms', perRound(({ p99 }) => p99, 1)],
  ['p50 at half load, ms', perRound(({ halfP50 }) => halfP50, 2)],
  ['above bare, ms', perRound(({ halfP50 }, round) => halfP50 - bare[round]!.halfP50, 2)],
  ['resident idle, MiB', ({ idle }) => idle.toFixed(1)],
  ['resident peak, MiB', ({ name }) => peaks.get(name)?.toFixed(1) ?? ''],
  ['socket errors', ({ runs }) => (runs.length === 0 ? '' : String(runs.reduce((sum, { errors }) => sum + errors, 0)))],
]
console.log(
  `\nmedian (quartiles) of ${rounds} rounds of ${seconds} s, ${connections} connections; ratios and differences within each round\n`,
)
console.log(`${''.padEnd(24)}${sides.map(({ name }) => name.padStart(22)).join('')}`)
for (const [label, cell] of ROWS) console.log(`${label.padEnd(24)}${sides.map((it) => cell(it).padStart(22)).join('')}`)

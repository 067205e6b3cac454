import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { program } from '../support/programs.ts'
import { directSides } from './postgres-direct.ts'
import { fill, plans } from './postgres-rows.ts'

/**
 * `npm run bench:postgres -- [--rounds 3] [--seconds 5] [--connections 64] [--rows 10000000] [--plans]
 * [--direct]`: durable reports a
 * second, PostgreSQL over a Unix socket on this machine. All sides take turns in each round, so that a ratio holds when the
 * machine's speed drifts. First over HTTP, where Node.js parsing requests is most of the work: a naive service with one
 * INSERT a report, this service with few rows, and with `--rows`. Then the journal alone, in this process. `--plans` prints
 * the query plans of the full table, `--direct` leaves HTTP out.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    rows: { type: 'string', default: '200000' },
    plans: { type: 'boolean', default: false },
    direct: { type: 'boolean', default: false },
  },
})
const wrk = await program('wrk')
if (!wrk) throw new Error('the benchmark needs wrk (Debian package wrk)')

interface Service {
  readonly name: string
  readonly script: string
  readonly env: Readonly<Record<string, string>>
}
export interface Run {
  readonly accepted: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
}

async function load(port: number, seconds: number): Promise<Run> {
  const args = ['-t1', `-c${values.connections}`, `-d${seconds}s`, '-s', join(import.meta.dirname, 'report.lua')]
  const child = spawn(wrk!.path, [...args, `http://127.0.0.1:${port}/webhooks/error`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...wrk!.env },
  })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(/RESULT (.*)/.exec(text)![1]!) as Run
}

async function run({ script, env }: Service): Promise<Run> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', INGEST_PORT: '0', ADMIN_PORT: '0', ...env },
  })
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const { listener = 'ingest', port } = line.startsWith('{') ? JSON.parse(line) : {}
        if (port && listener === 'ingest') resolve(port)
      })
    })
    await sleep(500)
    await load(port, 1)
    return await load(port, Number(values.seconds))
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

const server: PostgresServer = await startPostgres({
  settings: {
    shared_buffers: '512MB',
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    synchronous_commit: 'on',
    fsync: 'on',
  },
})
const database = async () => (await server.createDatabase()).match(/test_\w+/)![0]
const [few, many, naive] = [await database(), await database(), await database()]
const MAIN = '../../src/main.ts'
// A limit on size would remove the rows that are there.
const service = (name: string, db: string): Service => ({
  name,
  script: MAIN,
  env: { JOURNAL_URL: server.socketUrl(db), CONFIG_FILE: join(import.meta.dirname, 'postgres.yaml') },
})
const services: Service[] = [
  { name: 'naive, 10 connections', script: 'naive-postgres.ts', env: { DATABASE_URL: server.url(naive) } },
  { name: 'naive, 1 connection', script: 'naive-postgres.ts', env: { DATABASE_URL: server.url(naive), POOL: '1' } },
  service('service, few rows', few),
  service(`service, ${values.rows} rows`, many),
]
await fill(server, few, 10_000)
await fill(server, many, Number(values.rows))
if (values.plans) for (const [name, plan] of await plans(server, many)) console.log(`-- ${name}\n${plan}\n`)

interface Side<R> {
  readonly name: string
  readonly run: () => Promise<R>
}

/** Every side once a round. Prints medians, and of the rates the median of the rounds' ratios to the first side. */
async function compare(title: string, sides: readonly Side<Run>[]): Promise<void> {
  const runs = sides.map((): Run[] => [])
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, side] of sides.entries()) runs[index]!.push(await side.run())
  }
  console.log(`\n${title}: medians of ${values.rounds} rounds of ${values.seconds} s`)
  for (const [index, { name }] of sides.entries()) {
    const of = (key: 'p50' | 'p99') => median(runs[index]!.map((run) => run[key])).toFixed(1)
    const rates = runs[index]!.map((run) => run.accepted / run.seconds)
    const ratio = median(rates.map((rate, round) => rate / (runs[0]![round]!.accepted / runs[0]![round]!.seconds)))
    console.log(
      `  ${name.padEnd(24)} ${median(rates).toFixed(0).padStart(6)}/s  p50 ${of('p50')} ms  p99 ${of('p99')} ms  ${ratio.toFixed(2)} times the first`,
    )
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!

if (!values.direct)
  await compare(
    `over HTTP, ${values.connections} connections`,
    services.map((service) => ({ name: service.name, run: () => run(service) })),
  )
const direct = await directSides(server, { few, many, naive }, Number(values.seconds))
await compare('the journal alone, 64 senders', direct.sides(64))
await compare('the journal alone, 512 senders', direct.sides(512))
await direct.close()
await stopPostgres()

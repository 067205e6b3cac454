import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { program } from '../support/programs.ts'
import { directSides, type Run, type Side } from './postgres-direct.ts'
import { retention } from './postgres-retention.ts'
import { filled, made, plans, refill } from './postgres-rows.ts'

/**
 * `npm run bench:postgres -- [--rounds 3] [--seconds 5] [--connections 64] [--senders 64,512] [--rows 10000000] [--plans]
 * [--direct] [--retention] [--data FOLDER]`: durable reports a second, PostgreSQL over a Unix socket on this machine. All
 * sides use one server, take turns in each round, and begin in turn, each after a checkpoint, so that a ratio holds when
 * the machine's speed drifts. First over HTTP, where Node.js parsing requests is most of the work: a naive service with one
 * INSERT a report, this service with few rows, and with `--rows`. Then the journal alone, in this process. `--plans` prints
 * the query plans of the full table, `--direct` leaves HTTP out, `--retention` asks for nothing but what retention does to
 * inserts, `--data` keeps the databases there for the next run, which finds them settled.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    rows: { type: 'string', default: '200000' },
    plans: { type: 'boolean', default: false },
    direct: { type: 'boolean', default: false },
    senders: { type: 'string', default: '64,512' },
    retention: { type: 'boolean', default: false },
    data: { type: 'string' },
  },
})
const wrk = await program('wrk')
if (!wrk) throw new Error('the benchmark needs wrk (Debian package wrk)')

interface Service {
  readonly name: string
  readonly script: string
  readonly env: Readonly<Record<string, string>>
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

const SETTINGS = {
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  synchronous_commit: 'on',
  fsync: 'on',
}
if (values.data) mkdirSync(values.data, { recursive: true })
const server: PostgresServer = await startPostgres({
  settings: SETTINGS,
  ...(values.data && { folder: resolve(values.data) }),
})
const [{ version }] = (await server.query('SELECT version()')) as [{ version: string }]
console.log(
  `${version.split(' on ')[0]}, ${Object.entries(SETTINGS)
    .map((pair) => pair.join(' = '))
    .join(', ')}`,
)
if (values.retention) {
  await retention(server, Number(values.rounds))
  await stopPostgres()
  process.exit()
}
const FEW = 10_000
const few = await filled(server, 'few', FEW)
const many = await filled(server, `many_${values.rows}`, Number(values.rows))
const naive = await made(server, 'naive')
const MAIN = '../../src/main.ts'
// A limit on size would remove the rows that are there.
const service = (name: string, db: string): Service => ({
  name,
  script: MAIN,
  env: { JOURNAL_URL: server.socketUrl(db), CONFIG_FILE: join(import.meta.dirname, 'postgres.yaml') },
})
const services: Service[] = [
  { name: 'naive, 10 connections', script: 'naive-postgres.ts', env: { DATABASE_URL: server.socketUrl(naive) } },
  {
    name: 'naive, 1 connection',
    script: 'naive-postgres.ts',
    env: { DATABASE_URL: server.socketUrl(naive), POOL: '1' },
  },
  service('service, few rows', few),
  service(`service, ${values.rows} rows`, many),
]
if (values.plans) for (const [name, plan] of await plans(server, many)) console.log(`-- ${name}\n${plan}\n`)

/** Few rows stay few, and nobody pays for the pages that another side wrote. */
async function settled(): Promise<void> {
  await refill(server, few, FEW)
  await server.query('CHECKPOINT')
}

/** Every side once a round, another one first in each. Prints medians, and of the rates the median of the rounds' ratios to the first side. */
async function compare(title: string, sides: readonly Side[]): Promise<void> {
  const runs = sides.map((): Run[] => [])
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const offset of sides.keys()) {
      const index = (round + offset) % sides.length
      await settled()
      runs[index]!.push(await sides[index]!.run())
    }
  }
  console.log(`\n${title}: medians of ${values.rounds} rounds of ${values.seconds} s`)
  for (const [index, { name }] of sides.entries()) {
    const of = (key: 'p50' | 'p99') => median(runs[index]!.map((run) => run[key])).toFixed(1)
    const rates = runs[index]!.map((run) => run.accepted / run.seconds)
    const ratio = median(rates.map((rate, round) => rate / (runs[0]![round]!.accepted / runs[0]![round]!.seconds)))
    const log = runs[index]!.flatMap((run) => run.log ?? [])
    console.log(
      `  ${name.padEnd(26)} ${median(rates).toFixed(0).padStart(6)}/s  p50 ${of('p50')} ms  p99 ${of('p99')} ms  ${ratio.toFixed(2)} times the first${log.length > 0 ? `  WAL ${median(log).toFixed(0)} B` : ''}`,
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
for (const senders of values.senders.split(','))
  await compare(`the journal alone, ${senders} senders`, direct.sides(Number(senders)))
await direct.close()
await stopPostgres()

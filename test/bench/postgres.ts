import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { program } from '../support/programs.ts'
import { fill, plans } from './postgres-rows.ts'

/**
 * `npm run bench:postgres -- [--rounds 3] [--seconds 5] [--connections 64] [--rows 10000000] [--plans]`: durable reports a
 * second, PostgreSQL over a Unix socket on this machine, in turn: a naive service with one INSERT a report, this service
 * with an almost empty journal, and this service with a journal of `--rows` failures. `--plans` prints the query plans of
 * the full one.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    rows: { type: 'string', default: '200000' },
    plans: { type: 'boolean', default: false },
  },
})
const wrk = await program('wrk')
if (!wrk) throw new Error('the benchmark needs wrk (Debian package wrk)')

interface Side {
  readonly name: string
  readonly script: string
  readonly env: Readonly<Record<string, string>>
}
interface Run {
  readonly accepted: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  readonly errors: number
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

async function run({ script, env }: Side): Promise<Run> {
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
const service = (name: string, db: string): Side => ({
  name,
  script: MAIN,
  env: { JOURNAL_URL: server.socketUrl(db), CONFIG_FILE: join(import.meta.dirname, 'postgres.yaml') },
})
const sides: Side[] = [
  { name: 'naive, 10 connections', script: 'naive-postgres.ts', env: { DATABASE_URL: server.url(naive) } },
  { name: 'naive, 1 connection', script: 'naive-postgres.ts', env: { DATABASE_URL: server.url(naive), POOL: '1' } },
  service('service, few rows', few),
  service(`service, ${values.rows} rows`, many),
]
await fill(server, few, 10_000)
await fill(server, many, Number(values.rows))
if (values.plans) console.log(await plans(server, many))

const runs = sides.map((): Run[] => [])
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const [index, side] of sides.entries()) {
    const result = await run(side)
    runs[index]!.push(result)
    console.log(`round ${round}  ${side.name.padEnd(24)} ${(result.accepted / result.seconds).toFixed(0)}/s`)
  }
}
await stopPostgres()

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
console.log(`\nmedians of ${values.rounds} rounds of ${values.seconds} s, ${values.connections} connections\n`)
for (const [index, side] of sides.entries()) {
  const of = (key: keyof Run) =>
    median(runs[index]!.map((it) => (key === 'accepted' ? it.accepted / it.seconds : it[key])))
  const ratio = median(
    runs[index]!.map((it, round) => it.accepted / it.seconds / (runs[0]![round]!.accepted / runs[0]![round]!.seconds)),
  )
  console.log(
    `${side.name.padEnd(24)} ${of('accepted').toFixed(0).padStart(6)}/s  p50 ${of('p50').toFixed(1)} ms  p99 ${of('p99').toFixed(1)} ms  errors ${of('errors')}  ${ratio.toFixed(2)} times the first`,
  )
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { REPORT } from '../../support/http.ts'
import { type Service, startService } from '../../support/service.ts'
import { until } from '../../support/temp.ts'

/** Reports a second, evenly, whatever the answers take. */
const RATE = 500

export interface Latency {
  /** Milliseconds from when a report was due to its answer. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** A pair of runs, one after the other. */
export interface Round {
  readonly without: Latency
  readonly beside: Latency
  /** What was exported or removed meanwhile. */
  readonly amount: string
}

async function load(ingest: string, seconds: number): Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const body = JSON.stringify(REPORT)
  const took: number[] = []
  const send = (due: number) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      const sent = request(`${ingest}/webhooks/error`, { method: 'POST', agent, headers }, (answer) => {
        if (answer.statusCode !== 202) reject(new Error(`answered ${answer.statusCode}`))
        answer.resume().on('end', () => {
          took.push(performance.now() - due)
          resolve()
        })
      })
      sent.on('error', reject).end(body)
    })
  const begun = performance.now()
  const pending: Promise<void>[] = []
  for (let count = 0; count < RATE * seconds; count++) {
    const due = begun + (count * 1_000) / RATE
    while (performance.now() < due) await sleep(1)
    pending.push(send(due))
  }
  await Promise.all(pending)
  agent.destroy()
  took.sort((a, b) => a - b)
  const at = (part: number) => took[Math.floor(took.length * part)]!
  return { p50: at(0.5), p99: at(0.99), max: took.at(-1)! }
}

const start = (url: string, age = '520w'): Promise<Service> =>
  startService({
    // As `npm start` runs it.
    nodeArgs: ['--max-semi-space-size=8'],
    config: { sources: { retm: { auth: 'none' } }, journal: { url, retention: { age, size: '1TiB' } } },
  })

/** Reports beside readers that export everything as NDJSON, again and again, in a process of their own. */
export async function besideExport(url: string, rounds: number, seconds: number): Promise<Round[]> {
  const service = await start(url)
  await load(service.ingest, 2)
  const results: Round[] = []
  for (let round = 0; round < rounds; round++) {
    const run = () => load(service.ingest, seconds)
    const without = round % 2 === 0 ? await run() : undefined
    const reader = spawn(
      'curl',
      [
        '-sN',
        '-m',
        String(seconds),
        '-H',
        'accept: application/x-ndjson',
        '-o',
        '/dev/null',
        '-w',
        '%{size_download}',
        `${service.admin}/api/v1/failures`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let bytes = ''
    reader.stdout.on('data', (chunk) => {
      bytes += chunk
    })
    const closed = once(reader, 'close')
    const beside = await run()
    await closed
    results.push({ without: without ?? (await run()), beside, amount: `${(Number(bytes) / 1e6).toFixed(0)} MB` })
  }
  await service.stop()
  return results
}

/** Reports while the oldest rows are removed, another part of them in each round; each run has a service of its own. */
export async function besideRetention(url: string, days: number, rounds: number, seconds: number): Promise<Round[]> {
  const run = async (age?: string) => {
    const service = await start(url, age)
    await load(service.ingest, 2)
    const first = await removedBy(service)
    const latency = await load(service.ingest, seconds)
    const rows = (await removedBy(service)) - first
    await service.stop()
    return { latency, rows }
  }
  const results: Round[] = []
  for (let round = 0; round < rounds; round++) {
    const age = `${Math.round(days * 24 * 60 * (1 - (round + 1) / (rounds + 1)))}m`
    const without = round % 2 === 0 ? await run() : undefined
    const { latency: beside, rows } = await run(age)
    results.push({ without: (without ?? (await run())).latency, beside, amount: `${rows} rows` })
  }
  return results
}

async function removedBy({ admin }: Service): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text()
  return Number(/^webhook_exporter_journal_expired_total\{[^}]*reason="age"[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0)
}

/** Milliseconds from the start of the process until `/readyz` answers 200. */
export async function readyTime(url: string): Promise<number> {
  const begun = performance.now()
  const service = await start(url)
  await until('ready', async () => (await fetch(`${service.admin}/readyz`)).status === 200)
  const took = performance.now() - begun
  await service.stop()
  return took
}

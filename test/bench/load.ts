import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { program } from '../support/programs.ts'

export interface LoadOptions {
  readonly port: number
  readonly seconds: number
  readonly connections: number
  /** Whose reports are sent, see report.lua. */
  readonly kind?: 'retm' | 'storm' | 'generic' | 'knative'
  readonly path?: string
  /** Milliseconds that each connection pauses before a report on average; 0 for full load. */
  readonly pause?: number
  /** Label sets that reports of kind `retm` are spread over, 20 an endpoint; one by default. */
  readonly series?: number
}

export interface Load {
  /** Reports answered 202 per second. */
  readonly rate: number
  readonly accepted: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Connections and requests that failed, timeouts among them. */
  readonly errors: number
}

const wrk = await program('wrk')

/** Sends reports with wrk over keep-alive connections, the next one on each once the one before is answered. */
export async function load(options: LoadOptions): Promise<Load> {
  if (!wrk) throw new Error('the benchmark needs wrk (Debian package wrk)')
  const { port, seconds, connections, kind = 'retm', path = '/webhooks/error', pause = 0, series = 1 } = options
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', join(import.meta.dirname, 'report.lua')]
  const child = spawn(wrk.path, [...args, `http://127.0.0.1:${port}${path}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...wrk.env, BENCH_KIND: kind, BENCH_PAUSE: String(pause), BENCH_SERIES: String(series) },
  })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  const result = JSON.parse(/RESULT (.*)/.exec(text)![1]!) as Omit<Load, 'rate'> & { seconds: number }
  return { ...result, rate: result.accepted / result.seconds }
}

/** The pause that makes half of a full load's rate. What wrk adds to it, and the answers' time, is taken off. */
export const halfPause = (rate: number, connections: number): number => Math.max(1, (2_000 * connections) / rate - 1)

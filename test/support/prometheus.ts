import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Program, requireProgram } from './programs.ts'
import { freePort, tempFolder, until } from './temp.ts'

export interface PrometheusOptions {
  /** `HOST:PORT` or whole scrape configurations. */
  readonly scrape: string | readonly Record<string, unknown>[]
  /** Path of the target's metrics, for a target given as text. */
  readonly metricsPath?: string
  readonly ruleFiles?: readonly string[]
  readonly alertmanagers?: readonly string[]
  readonly interval?: string
  /** A folder with blocks to begin with; whatever their age, they are kept. */
  readonly data?: string
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exemplar {
  readonly seriesLabels: Readonly<Record<string, string>>
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[]
}

export interface Prometheus {
  readonly url: string
  /** An instant query; its result must be a vector. */
  query(promql: string): Promise<Sample[]>
  /** Exemplars of the last hour. */
  exemplars(promql: string): Promise<Exemplar[]>
  /** Any path of the HTTP API; the `data` of its answer. @throws with the answer's error */
  api<T>(path: string, parameters?: Record<string, string>): Promise<T>
  stop(): Promise<void>
}

/** A real Prometheus with exemplar storage that scrapes several times a second; the test is skipped where there is none. */
export async function startPrometheus(context: Mocha.Context, options: PrometheusOptions): Promise<Prometheus> {
  return launchPrometheus(await requireProgram(context, 'prometheus'), options)
}

/** The same outside of a test. */
export async function launchPrometheus(
  { path, env }: Program,
  { scrape, metricsPath = '/metrics', ruleFiles = [], alertmanagers = [], interval = '250ms', data }: PrometheusOptions,
): Promise<Prometheus> {
  const folder = tempFolder()
  const port = await freePort()
  const targets = (list: readonly string[]) => [{ targets: [...list] }]
  writeFileSync(
    join(folder, 'prometheus.yml'),
    stringify({
      global: { scrape_interval: interval, evaluation_interval: interval },
      rule_files: ruleFiles,
      scrape_configs:
        typeof scrape === 'string'
          ? [{ job_name: 'test', metrics_path: metricsPath, static_configs: targets([scrape]) }]
          : scrape,
      ...(alertmanagers.length > 0 && { alerting: { alertmanagers: [{ static_configs: targets(alertmanagers) }] } }),
    }),
  )
  const child = spawn(
    path,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data ?? join(folder, 'data')}`,
      ...(data === undefined ? [] : ['--storage.tsdb.retention.time=100y']),
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk}`.slice(-4_000)
  })
  let ended = false
  const end = new Promise<void>((resolve) =>
    child.on('close', () => {
      ended = true
      process.removeListener('exit', kill)
      resolve()
    }),
  )
  const url = `http://127.0.0.1:${port}`
  const ready = () => ended || fetch(`${url}/-/ready`).then(({ status }) => status === 200)
  await until('Prometheus', ready).catch((error: Error) => {
    kill()
    throw new Error(`${error.message}: ${errors}`)
  })
  if (ended) throw new Error(`Prometheus ended: ${errors}`)

  async function api<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
    const answer = (await response.json()) as { status: string; data: T; error?: string }
    if (answer.status !== 'success') throw new Error(`Prometheus: ${answer.error}`)
    return answer.data
  }
  return {
    url,
    api,
    query: async (query) =>
      (
        await api<{ result: { metric: Record<string, string>; value: [number, string] }[] }>('query', { query })
      ).result.map(({ metric, value }) => ({ metric, value: Number(value[1]) })),
    exemplars: (query) => {
      const now = Date.now() / 1_000
      return api('query_exemplars', { query, start: `${now - 3_600}`, end: `${now + 60}` })
    },
    stop: () => {
      kill()
      return end
    },
  }
}

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { notificationSink } from './pager.ts'
import { NotStarted, type Processes, startOnFreePort } from './processes.ts'
import { findProgram, missingText } from './programs.ts'
import { listen } from './receiver.ts'

/** The chart's rules. */
const RULES = join(import.meta.dirname, '../../helm/webhook-error-exporter/files/rules')
/** The job that the rules select. */
const JOB = 'webhook-error-exporter'

export interface Monitoring {
  /** Undefined where the program is missing. */
  readonly prometheus: string | undefined
  readonly alertmanager: string | undefined
  /** What is missing here or does not start, with what that means. */
  readonly missing: readonly string[]
  /** The newest notification of that status; null: there can be none; undefined: none yet. */
  readonly notification: (status: 'firing' | 'resolved') => string | null | undefined
}

export interface MonitoringOptions {
  /** Temporary folder. */
  readonly folder: string
  /** Origin of the admin listener. */
  readonly admin: string
  readonly processes: Processes
  readonly signal: AbortSignal
  /** Takes what has to be closed in the end, as soon as it is open. */
  readonly onOpened: (close: () => Promise<void>) => void
}

/** Prometheus with the chart's rules, and Alertmanager with our own receiver, as far as this machine has them. */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const [prometheus, manager] = [findProgram('prometheus'), findProgram('alertmanager')]
  const missing = [
    ...(prometheus ? [] : [missingText('prometheus')]),
    ...(manager ? [] : [missingText('alertmanager')]),
  ]
  const unlessBroken = async (start: () => Promise<string>): Promise<string | undefined> =>
    start().catch((error: Error) => {
      if (!(error instanceof NotStarted)) throw error
      missing.push(error.message)
      return undefined
    })
  const sink = notificationSink()
  const sinkUrl = `http://127.0.0.1:${await listen(sink.server, '127.0.0.1', 0)}/`
  options.onOpened(sink.close)
  const alertmanagerUrl =
    prometheus && manager && (await unlessBroken(() => startAlertmanager(manager, sinkUrl, options)))
  const prometheusUrl = prometheus && (await unlessBroken(() => startPrometheus(prometheus, alertmanagerUrl, options)))
  const isWhole = prometheusUrl !== undefined && alertmanagerUrl !== undefined
  return {
    prometheus: prometheusUrl,
    alertmanager: alertmanagerUrl,
    missing,
    notification: (status) => (isWhole ? sink.newest(status) : null),
  }
}

async function startAlertmanager(manager: string, sink: string, options: MonitoringOptions): Promise<string> {
  const { folder, processes, signal } = options
  const file = join(folder, 'alertmanager.yml')
  const receivers = [{ name: 'demo', webhook_configs: [{ url: sink }] }]
  const route = { receiver: 'demo', group_by: ['alertname'], group_wait: '1s', group_interval: '5s' }
  writeFileSync(file, stringify({ route, receivers }))
  const args = [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'alertmanager-data')}`,
    '--cluster.listen-address=',
  ]
  const start = (address: string) => processes.start(manager, [...args, `--web.listen-address=${address}`])
  return startOnFreePort('Alertmanager', start, signal)
}

async function startPrometheus(
  program: string,
  alertmanager: string | undefined,
  { folder, admin, processes, signal }: MonitoringOptions,
): Promise<string> {
  const file = join(folder, 'prometheus.yml')
  const targets = (url: string) => [{ targets: [new URL(url).host] }]
  const config = {
    // Every second, so that the demo is short.
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: copyRules(folder),
    scrape_configs: [{ job_name: JOB, static_configs: targets(admin) }],
    ...(alertmanager !== undefined && { alerting: { alertmanagers: [{ static_configs: targets(alertmanager) }] } }),
  }
  writeFileSync(file, stringify(config))
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'prometheus')}`]
  const start = (address: string) => processes.start(program, [...args, `--web.listen-address=${address}`])
  return startOnFreePort('Prometheus', start, signal)
}

/** The rules, evaluated every second. */
const copyRules = (folder: string): string[] =>
  readdirSync(RULES)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const file = join(folder, name)
      writeFileSync(file, readFileSync(join(RULES, name), 'utf8').replaceAll('interval: 15s', 'interval: 1s'))
      return file
    })

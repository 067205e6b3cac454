import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { listen } from '../simulate/receiver.ts'
import { notificationSink } from './notifications.ts'
import { freeLoopbackPort, type Processes, untilReady } from './processes.ts'
import { findProgram, relocated } from './programs.ts'

/** The chart's rules; the image does not have them. */
const RULES = join(import.meta.dirname, '../../../helm/webhook-error-exporter/files/rules')
/** The job that the rules select. */
const JOB = 'webhook-error-exporter'

export interface Monitoring {
  /** Undefined where the program is missing. */
  readonly prometheus: string | undefined
  readonly alertmanager: string | undefined
  /** Programs and files that are missing, with what that means. */
  readonly missing: readonly string[]
  /** The newest notification of a firing alert; null: there can be none; undefined: none yet. */
  readonly notification: () => string | null | undefined
  close(): Promise<void>
}

export interface MonitoringOptions {
  /** Temporary folder. */
  readonly folder: string
  /** Origin of the admin listener. */
  readonly admin: string
  readonly processes: Processes
  readonly signal: AbortSignal
}

/** Prometheus with the chart's rules, and Alertmanager with a receiver of our own, as far as this machine has them. */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const [prometheus, manager] = [findProgram('prometheus'), findProgram('alertmanager')]
  const hasRules = existsSync(RULES)
  const missing = [
    ...(prometheus ? [] : ['prometheus is not on PATH: no alerts, only our own pages']),
    ...(manager ? [] : ['alertmanager is not on PATH: no notifications']),
    ...(hasRules ? [] : ['the rules are not part of this installation: no alerts']),
  ]
  const sink = notificationSink()
  const sinkUrl = `http://127.0.0.1:${await listen(sink.server, '127.0.0.1', 0)}/`
  const alertmanagerUrl = prometheus && manager && (await startAlertmanager(manager, sinkUrl, options))
  const prometheusUrl = prometheus && (await startPrometheus(prometheus, hasRules, alertmanagerUrl, options))
  const isWhole = prometheusUrl !== undefined && alertmanagerUrl !== undefined && hasRules
  return {
    prometheus: prometheusUrl,
    alertmanager: alertmanagerUrl,
    missing,
    notification: () => (isWhole ? sink.newest() : null),
    async close() {
      sink.server.closeAllConnections()
      await new Promise((resolve) => sink.server.close(resolve))
    },
  }
}

type Program = NonNullable<ReturnType<typeof findProgram>>

async function startAlertmanager(manager: Program, sink: string, options: MonitoringOptions): Promise<string> {
  const { folder, processes, signal } = options
  const port = await freeLoopbackPort()
  const file = join(folder, 'alertmanager.yml')
  const receivers = [{ name: 'demo', webhook_configs: [{ url: sink }] }]
  const route = { receiver: 'demo', group_by: ['alertname'], group_wait: '1s', group_interval: '5s' }
  writeFileSync(file, stringify({ route, receivers }))
  const { program, cwd } = relocated(manager.path, folder)
  const args = [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'alertmanager-data')}`,
    '--cluster.listen-address=',
  ]
  const started = processes.start(program, [...args, `--web.listen-address=127.0.0.1:${port}`], {
    env: manager.env,
    cwd,
  })
  const url = `http://127.0.0.1:${port}`
  await untilReady('Alertmanager', () => isReady(url), { why: started.output, signal })
  return url
}

async function startPrometheus(
  program: Program,
  hasRules: boolean,
  alertmanager: string | undefined,
  { folder, admin, processes, signal }: MonitoringOptions,
): Promise<string> {
  const port = await freeLoopbackPort()
  const file = join(folder, 'prometheus.yml')
  const targets = (url: string) => [{ targets: [new URL(url).host] }]
  const config = {
    // Every second, so that nobody waits.
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: hasRules ? copyRules(folder) : [],
    scrape_configs: [{ job_name: JOB, static_configs: targets(admin) }],
    ...(alertmanager !== undefined && { alerting: { alertmanagers: [{ static_configs: targets(alertmanager) }] } }),
  }
  writeFileSync(file, stringify(config))
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'prometheus')}`]
  const { output } = processes.start(program.path, [...args, `--web.listen-address=127.0.0.1:${port}`], {
    env: program.env,
  })
  const url = `http://127.0.0.1:${port}`
  await untilReady('Prometheus', () => isReady(url), { why: output, signal })
  return url
}

const isReady = async (url: string): Promise<true | undefined> =>
  (await fetch(`${url}/-/ready`)).ok ? true : undefined

/** The rules, evaluated every second. */
const copyRules = (folder: string): string[] =>
  readdirSync(RULES)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const file = join(folder, name)
      writeFileSync(file, readFileSync(join(RULES, name), 'utf8').replaceAll('interval: 15s', 'interval: 1s'))
      return file
    })

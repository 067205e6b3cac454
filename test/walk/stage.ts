import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { render, the, withValues } from '../helm/support/helm.ts'
import { FASTER, fastGroups, fastRouting, type RuleFile } from '../rules/live.ts'
import { JOB, NAMESPACE } from '../rules/series.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { type Prometheus, startPrometheus } from '../support/prometheus.ts'
import { type Service, startService } from '../support/service.ts'
import { listening } from '../support/sockets.ts'
import { freePort, tempFolder, until } from '../support/temp.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { installKubectl } from './kubectl.ts'

const ALERTMANAGER = join(import.meta.dirname, '../../docs/alertmanager')

export const GRAFANA = 'https://grafana.shop.example'
export const MERCHANT_TOKEN = 'merchant-token-of-the-walk-0123456789'

export interface Stage {
  /** The command of an endpoint's alert that shows its incident. */
  readonly command: (endpoint: string) => Promise<string>
  readonly service: Service
  readonly inbox: Inbox
  readonly prometheus: Prometheus
  readonly gate: Gate
  /** Where people reach the admin listener; undefined where only by port-forward. */
  readonly external: string | undefined
  /** PATH with a kubectl for this cluster. */
  readonly path: string
  close(): Promise<void>
}

export interface StageOptions {
  readonly endpoints: readonly Record<string, unknown>[]
  /** Whether the admin listener has its own address for people; else they come by port-forward. */
  readonly external: boolean
  readonly apiToken?: string
}

/** Stands between Prometheus and the service: shut, a scrape fails, so that what happens meanwhile is told at once. */
interface Gate {
  shut(): void
  open(): void
}

/** The service, Prometheus with the rules as the chart renders them, Alertmanager with our routes and texts; all real. */
export async function openStage(context: Mocha.Context, options: StageOptions): Promise<Stage> {
  const { endpoints, external, apiToken } = options
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const inbox = await openInbox()
  const env = { MERCHANT_TOKEN, ...(apiToken !== undefined && { ADMIN_TOKEN: apiToken }) }
  const manager = await startAlertmanager(context, alertmanagerConfig(inbox))
  const service = await startService({
    config: {
      admin: {
        port,
        ...(external && { externalUrl: address }),
        ...(apiToken !== undefined && { apiToken: { env: 'ADMIN_TOKEN' } }),
      },
      outbound: { allow: ['127.0.0.1/32', '::1/128'] },
      incidents: { quietTime: '3s', goodProbes: 2 },
      sources: { retm: { tokens: [{ tenant: 'burger-house', env: 'MERCHANT_TOKEN' }] } },
      endpoints,
    },
    env,
  })
  const { gate, port: gatePort, close } = await openGate(port)
  const { rules, services } = await fromChart(external ? address : undefined)
  const prometheus = await startPrometheus(context, {
    scrape: [
      { job_name: JOB, static_configs: [{ targets: [`127.0.0.1:${gatePort}`], labels: { namespace: NAMESPACE } }] },
    ],
    interval: `${15_000 / FASTER}ms`,
    ruleFiles: [rules],
    alertmanagers: [manager.address],
  })
  await until('a scrape', async () => (await prometheus.query(`up{job="${JOB}"}`)).some(({ value }) => value === 1))
  return {
    service,
    inbox,
    command: async (endpoint) => {
      const alerts = await manager.alerts()
      return alerts.find(({ labels, annotations }) => labels['endpoint'] === endpoint && annotations['api_command'])!
        .annotations['api_command']!
    },
    prometheus,
    gate,
    external: external ? address : undefined,
    path: installKubectl({
      namespace: NAMESPACE,
      services,
      port,
      env: { ...env, CONFIG_FILE: join(service.folder, 'config.yaml') },
    }),
    async close() {
      await close()
      await prometheus.stop()
      await manager.stop()
      await inbox.close()
    },
  }
}

async function openGate(port: number): Promise<{ gate: Gate; port: number; close(): Promise<void> }> {
  let isOpen = true
  const server = await listening(
    createServer((socket) => {
      if (!isOpen) return void socket.destroy()
      const onward = connect(port, '127.0.0.1')
      socket.on('error', () => onward.destroy())
      onward.on('error', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
      open.add(socket)
      socket.on('close', () => open.delete(socket))
    }),
  )
  const open = new Set<Socket>()
  return {
    port: server.port,
    gate: {
      shut() {
        isOpen = false
        for (const socket of open) socket.destroy()
      },
      open() {
        isOpen = true
      },
    },
    close: () => server.close(),
  }
}

/** What the chart makes of its rules for this release, at the speed of tests, and the Services that it brings. */
async function fromChart(externalUrl: string | undefined) {
  const values = {
    rules: { enabled: true, grafanaUrl: GRAFANA },
    config: { admin: { ...(externalUrl && { externalUrl }) } },
  }
  const { objects } = await withValues(values, (args) => render('4', [...args, '--namespace', NAMESPACE], JOB))
  const rules = join(tempFolder(), 'rules.yaml')
  writeFileSync(rules, stringify(fastGroups(the(objects, 'PrometheusRule')['spec'] as RuleFile), { lineWidth: 0 }))
  const services = objects
    .filter(({ kind }) => kind === 'Service')
    .map(({ metadata, ...rest }) => {
      const { ports } = (rest as unknown as { spec: { ports: { port: number }[] } }).spec
      return [metadata.name, ports.map(({ port }) => port)] as const
    })
  return { rules, services: Object.fromEntries(services) }
}

/** The example; whoever is told gets it by chat and by mail. */
function alertmanagerConfig(inbox: Inbox): string {
  const config = fastRouting(parse(readFileSync(join(ALERTMANAGER, 'alertmanager.yaml'), 'utf8')))
  const receivers = config.receivers as Record<string, Record<string, unknown>[]>[]
  const { api_url_file: _, ...slack } = receivers.find((it) => it['slack_configs'])!['slack_configs']![0]!
  const email = receivers.find((it) => it['email_configs'])!['email_configs']![0]!
  return stringify({
    ...config,
    templates: [join(ALERTMANAGER, 'webhooks.tmpl')],
    global: { smtp_smarthost: inbox.smarthost, smtp_from: 'alertmanager@shop.example', smtp_require_tls: false },
    receivers: receivers.map(({ name }) => ({
      name,
      slack_configs: [{ ...slack, api_url: inbox.slack }],
      email_configs: [email],
    })),
  })
}

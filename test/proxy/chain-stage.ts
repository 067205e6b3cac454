import { join } from 'node:path'
import { RULE_FILES } from '../../grafana/rules/groups.ts'
import { FASTER, fastAlertmanager, fastRules, startSink } from '../rules/live.ts'
import { RULES } from '../rules/promtool.ts'
import { JOB, NAMESPACE } from '../rules/series.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { type Platform, startPlatform } from '../support/platform.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { startService } from '../support/service.ts'
import { http } from '../support/sockets.ts'
import { freePort, until } from '../support/temp.ts'

/** Milliseconds before the platform's repetitions. */
const PAUSES = [6_000, 6_000]
const GIVE_UP_AFTER = 13_000
/** Names of the endpoints. */
export const NAMES = ['orders', 'menu', 'stock'] as const
export type Name = (typeof NAMES)[number]
const context = { timeout: () => 0, skip: () => process.exit(0) } as unknown as Mocha.Context

/** Endpoints for which the application answers 503. */
export const broken = new Set<Name>()
/** Of all requests that reached the application. */
export const userAgents = new Set<string>()
export const application = await http((request, response) => {
  userAgents.add(request.headers['user-agent'] ?? '')
  request.resume().once('end', () => {
    response.writeHead(broken.has(request.url!.split('/').at(-1) as Name) ? 503 : 204).end()
  })
})
const urlOf = (name: Name) => `https://shop.example/hooks/${name}`
export const sink = await startSink()
export const manager = await startAlertmanager(
  context,
  fastAlertmanager(join(import.meta.dirname, '../../docs/alertmanager/alertmanager.yaml'), sink.url),
)
export const service = await startService({
  config: {
    admin: { port: await freePort() },
    // Deliveries alone: nothing is probed.
    endpoints: NAMES.map((name) => ({
      name,
      team: name === 'orders' ? 'sales' : `team-${name}`,
      severity: 'critical',
      urls: [urlOf(name)],
      probe: { onReport: false },
    })),
    incidents: { quietTime: '3s', goodProbes: 3 },
    proxy: {
      port: 0,
      routes: NAMES.map((endpoint) => ({
        endpoint,
        path: `/hooks/${endpoint}`,
        upstream: `http://127.0.0.1:${application.port}`,
        giveUpAfter: GIVE_UP_AFTER,
      })),
    },
  },
})
const origin = `http://127.0.0.1:${service.log().find(({ listener }) => listener === 'proxy')!['port']}`
export const prometheus = await startPrometheus(context, {
  scrape: [
    {
      job_name: JOB,
      static_configs: [{ targets: [new URL(service.admin).host], labels: { namespace: NAMESPACE } }],
    },
  ],
  interval: `${15_000 / FASTER}ms`,
  ruleFiles: [...RULE_FILES.keys()].map((name) => fastRules(join(RULES, name), service.admin)),
  alertmanagers: [manager.address],
})
await until('a scrape', async () => (await prometheus.query(`up{job="${JOB}"}`)).some(({ value }) => value === 1))

/** Whether the error webhook of stock gets lost. */
let isErrorWebhookBroken = true
export const repairErrorWebhook = (): void => {
  isErrorWebhookBroken = false
}
export const platforms = Object.fromEntries(
  NAMES.map((name) => [
    name,
    startPlatform({
      origin,
      path: `/hooks/${name}`,
      pace: 100,
      pauses: PAUSES,
      reportTo: () =>
        name === 'stock' && isErrorWebhookBroken ? undefined : { ingest: service.ingest, endpoint: urlOf(name) },
    }),
  ]),
) as Record<Name, Platform>

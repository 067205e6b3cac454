import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { RULE_FILES } from '../../grafana/rules/groups.ts'
import type { Values } from '../../src/cli/simulate/options.ts'
import { chainOf } from '../../src/cli/verify/chain.ts'
import { type HopResult, runHops } from '../../src/cli/verify/hop.ts'
import { loadConfig } from '../../src/config/config.ts'
import { fastAlertmanager, fastRules } from '../rules/live.ts'
import { JOB, NAMESPACE } from '../rules/series.ts'
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts'
import { type OtlpSink, startOtlpSink } from '../support/otlp-sink.ts'
import { type Prometheus, type PrometheusOptions, startPrometheus } from '../support/prometheus.ts'
import { type Service, startService } from '../support/service.ts'

const ROOT = join(import.meta.dirname, '../..')
export const SECRETS = {
  SIMULATION_SECRET: 'simulation-secret-of-the-test-012345',
  API_TOKEN: 'api-token-of-the-test-0123456789-abcdef',
  METRICS_TOKEN: 'metrics-token-of-the-test-0123456789',
  TOKEN: 'merchant-token',
}

export interface Chain {
  readonly service: Service
  readonly prometheus: Prometheus
  readonly manager: Alertmanager
  readonly sink: OtlpSink
  /** Answers as Tempo does, from what the sink received. */
  readonly traces: string
  /** The options of a verification that is all green. */
  readonly options: Values
  /** More of them, with what differs. */
  startPrometheus(options?: Partial<PrometheusOptions> & { readonly job?: string }): Promise<Prometheus>
  startAlertmanager(): Promise<Alertmanager>
  /** A server that answers everything with a status and a text. */
  stub(status: number, text?: string): Promise<string>
  stop(): Promise<void>
}

/** The whole chain of real programs, with intervals forty times shorter than in life. */
export async function openChain(context: Mocha.Context): Promise<Chain> {
  process.setMaxListeners(50)
  const sink = await startOtlpSink()
  const stops: (() => Promise<unknown>)[] = [() => sink.close()]
  const serve = async (server: Server): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const traces = await serve(
    createServer((request, response) => {
      const id = request.url?.split('/').at(-1)
      const found = sink.spans.some(({ traceId }) => traceId === id)
      response.writeHead(found ? 200 : 404).end(found ? '{"batches":[{}]}' : 'trace not found')
    }),
  )
  const service = await startService({
    config: {
      sources: { retm: { tokens: [{ tenant: 'cafe', env: 'TOKEN' }] } },
      admin: { apiToken: { env: 'API_TOKEN' }, metricsToken: { env: 'METRICS_TOKEN' } },
      simulation: { secret: { env: 'SIMULATION_SECRET' } },
    },
    env: { ...SECRETS, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '100' },
  })
  const receivers = await serve(createServer((_, response) => response.end()))
  const config = () => fastAlertmanager(join(ROOT, 'docs/alertmanager/alertmanager.yaml'), receivers)
  const another = async () => {
    const manager = await startAlertmanager(context, config())
    stops.unshift(() => manager.stop())
    return manager
  }
  const manager = await another()
  const scrapes = async ({ job = JOB, ...options }: Parameters<Chain['startPrometheus']>[0] = {}) => {
    const target = { targets: [new URL(service.admin).host], labels: { namespace: NAMESPACE } }
    const prometheus = await startPrometheus(context, {
      scrape: [
        {
          job_name: job,
          static_configs: [target],
          authorization: { credentials: SECRETS.METRICS_TOKEN },
        },
      ],
      interval: '375ms',
      ruleFiles: [...RULE_FILES.keys()].map((name) =>
        fastRules(join(ROOT, 'helm/webhook-error-exporter/files/rules', name), service.admin),
      ),
      alertmanagers: [manager.address],
      ...options,
    })
    stops.unshift(() => prometheus.stop())
    return prometheus
  }
  const prometheus = await scrapes()
  return {
    service,
    prometheus,
    manager,
    sink,
    traces,
    options: {
      ingest: `${service.ingest}/webhooks/error`,
      admin: service.admin,
      prometheus: prometheus.url,
      alertmanager: `http://${manager.address}`,
      tempo: traces,
      'retry-for': '0s',
    },
    startPrometheus: scrapes,
    startAlertmanager: another,
    stub: (status, text = '') =>
      serve(createServer((_, response) => response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text))),
    async stop() {
      for (const stop of stops) await stop()
    },
  }
}

/** Verifies with these options as the command does. @param timeout milliseconds for each hop */
export async function verifyWith(
  { service }: Pick<Chain, 'service'>,
  values: Values,
  { timeout = 20_000, env = {} }: { readonly timeout?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<HopResult[]> {
  const variables = { ...SECRETS, CONFIG_FILE: join(service.folder, 'config.yaml'), ...env }
  const { first, rest } = await chainOf({ timeout: `${timeout}ms`, ...values }, await loadConfig(variables), variables)
  const begun = await runHops(first, 0)
  return [...begun, ...(await runHops(rest, timeout, () => {}, begun))]
}

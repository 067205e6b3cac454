import type { Values } from '../../src/cli/simulate/options.ts'
import { freePort } from '../support/temp.ts'
import { type Chain, SECRETS } from './stage.ts'

interface Break {
  /** What is broken. */
  readonly what: string
  /** The hop whose line has to be red. */
  readonly hop: string
  readonly reason: RegExp
  readonly options?: (chain: Chain) => Values | Promise<Values>
  readonly env?: Readonly<Record<string, string>>
  /** Whether it needs its own Prometheus: these run with `npm run test:verify`. */
  readonly isCostly?: boolean
}

export const closed = async () => `http://127.0.0.1:${await freePort()}`
const metrics = (more = '') => `webhook_exporter_build_info{version="1"} 1\n${more}`
/** Each breaks one hop of the chain. */
export const BREAKS: readonly Break[] = [
  {
    what: 'the service has no simulation.secret',
    hop: 'verification possible',
    reason: /no simulation\.secret, .*none was sent/,
    options: async ({ stub }) => ({ admin: await stub(200, metrics()) }),
  },
  {
    what: '--admin is another program',
    hop: 'verification possible',
    reason: /not webhook-error-exporter/,
    options: async ({ stub }) => ({ admin: await stub(200, 'up 1\n') }),
  },
  {
    what: 'the admin listener is down',
    hop: 'verification possible',
    reason: /does not answer at .*ECONNREFUSED/,
    options: async () => ({ admin: await closed() }),
  },
  {
    what: 'the metrics need another token',
    hop: 'verification possible',
    reason: /denied access: it answered 401/,
    options: () => ({ 'metrics-token-env': 'WRONG' }),
    env: { WRONG: 'wrong-token' },
  },
  {
    what: 'the ingest listener is down',
    hop: 'report accepted',
    reason: /no answer: .*ECONNREFUSED/,
    options: async () => ({ ingest: await closed() }),
  },
  {
    what: 'the credential is not accepted',
    hop: 'report accepted',
    reason: /answered 401: /,
    options: () => ({ 'credential-env': 'WRONG' }),
    env: { WRONG: 'wrong-token' },
  },
  {
    what: 'the path is wrong',
    hop: 'report accepted',
    reason: /answered 404/,
    options: ({ service }) => ({ ingest: `${service.ingest}/elsewhere` }),
  },
  {
    what: 'the public URL redirects',
    hop: 'report accepted',
    reason: /answered 301/,
    options: async ({ stub }) => ({ ingest: `${await stub(301)}/webhooks/error` }),
  },
  {
    what: 'the load balancer has no backend',
    hop: 'report accepted',
    reason: /answered 503/,
    options: async ({ stub }) => ({ ingest: `${await stub(503)}/webhooks/error` }),
  },
  {
    what: 'something else answers at the public URL',
    hop: 'report accepted',
    reason: /202 without an id/,
    options: async ({ stub }) => ({ ingest: `${await stub(202, '{}')}/webhooks/error` }),
  },
  {
    what: 'the secret is another one',
    hop: 'stored and found in the API',
    reason: /counts as a real failure of https:\/\/webhook-verify\.invalid/,
    options: () => ({ 'secret-env': 'WRONG' }),
    env: { WRONG: 'another-secret-of-the-test-0123456789' },
  },
  {
    what: 'the two URLs lead to different services',
    hop: 'stored and found in the API',
    reason: /lead to different services/,
    options: async ({ stub }) => ({
      ingest: `${await stub(202, '{"id":"01900000-0000-7000-8000-000000000000"}')}/webhooks/error`,
    }),
  },
  {
    what: 'the API token is wrong',
    hop: 'stored and found in the API',
    reason: /denied access: it answered 401/,
    options: () => ({ 'api-token-env': 'WRONG' }),
    env: { WRONG: 'wrong-token' },
  },
  {
    what: 'Prometheus is down',
    hop: 'scraped by Prometheus',
    reason: /Prometheus does not answer at .*ECONNREFUSED/,
    options: async () => ({ prometheus: await closed() }),
  },
  {
    what: 'Prometheus denies access',
    hop: 'scraped by Prometheus',
    reason: /Prometheus denied access: it answered 403/,
    options: async ({ stub }) => ({ prometheus: await stub(403) }),
  },
  {
    what: 'Prometheus is a web page',
    hop: 'scraped by Prometheus',
    reason: /did not answer with JSON/,
    options: async ({ stub }) => ({ prometheus: await stub(200, '<html>') }),
  },
  {
    what: 'Prometheus has no such target',
    hop: 'scraped by Prometheus',
    reason: /no target that is this service/,
    options: async ({ startPrometheus }) => ({ prometheus: (await startPrometheus({ scrape: [] })).url }),
    isCostly: true,
  },
  {
    what: 'Prometheus cannot scrape',
    hop: 'scraped by Prometheus',
    reason: /cannot scrape http:\S+\/metrics: .*401/,
    options: async ({ startPrometheus, service }) => ({
      prometheus: (await startPrometheus({ scrape: new URL(service.admin).host })).url,
    }),
    isCostly: true,
  },
  {
    what: 'Prometheus scrapes another release alone, which is verified at the same time',
    hop: 'scraped by Prometheus',
    reason: /scrapes this service, but not the verification yet|no target that is this service/,
    options: async ({ startPrometheus, stub }) => {
      const other = await stub(
        200,
        metrics(`webhook_incident_open{endpoint="webhook-verify"} 1
webhook_endpoint_info{endpoint="webhook-verify",event="",team="",severity="none"} 1
webhook_endpoint_failures_total{source="retm",endpoint="webhook-verify"} 100
process_start_time_seconds 1
`),
      )
      const static_configs = [{ targets: [new URL(other).host], labels: { namespace: 'staging' } }]
      const scrape = [{ job_name: 'webhook-error-exporter', static_configs }]
      return { prometheus: (await startPrometheus({ scrape })).url }
    },
    isCostly: true,
  },
  {
    what: 'Prometheus renames our label',
    hop: 'scraped by Prometheus',
    reason: /renamed our label/,
    options: async ({ startPrometheus, service }) => {
      const labels = { endpoint: 'http-admin' }
      const static_configs = [{ targets: [new URL(service.admin).host], labels }]
      const authorization = { credentials: SECRETS.METRICS_TOKEN }
      const scrape = [{ job_name: 'webhook-error-exporter', static_configs, authorization }]
      return { prometheus: (await startPrometheus({ scrape })).url }
    },
    isCostly: true,
  },
  {
    what: 'the rules are not loaded',
    hop: 'alerting rule loaded',
    reason: /no rule WebhookEndpointFailing/,
    options: async ({ startPrometheus }) => ({ prometheus: (await startPrometheus({ ruleFiles: [] })).url }),
    isCostly: true,
  },
  {
    what: 'the rules are for another job',
    hop: 'alert firing',
    reason: /the rules select job="webhook-error-exporter", but the series have job="other"/,
    options: async ({ startPrometheus }) => ({ prometheus: (await startPrometheus({ job: 'other' })).url }),
    isCostly: true,
  },
  {
    what: 'Prometheus has no Alertmanager',
    hop: 'arrived in Alertmanager',
    reason: /Prometheus has no Alertmanager/,
    options: async ({ startPrometheus, startAlertmanager }) => ({
      prometheus: (await startPrometheus({ alertmanagers: [] })).url,
      // Another one: the first knows the alert from before.
      alertmanager: `http://${(await startAlertmanager()).address}`,
    }),
    isCostly: true,
  },
  {
    what: 'Alertmanager is down',
    hop: 'arrived in Alertmanager',
    reason: /Alertmanager does not answer/,
    options: async () => ({ alertmanager: await closed() }),
  },
  {
    what: 'Prometheus sends to another Alertmanager',
    hop: 'arrived in Alertmanager',
    reason: /did not arrive; Prometheus sends to http:\/\/127/,
    options: async ({ startAlertmanager }) => ({ alertmanager: `http://${(await startAlertmanager()).address}` }),
  },
  {
    what: 'the alert is routed elsewhere',
    hop: 'routed to a receiver',
    reason: /routed to none, not to webhooks-pager/,
    options: () => ({ receiver: 'webhooks-pager' }),
  },
  {
    what: 'the trace store has no such trace',
    hop: 'trace found',
    reason: /Tempo has no trace [0-9a-f]{32}/,
    options: async ({ stub }) => ({ tempo: await stub(404) }),
  },
  {
    what: 'the trace store is down',
    hop: 'trace found',
    reason: /Jaeger does not answer/,
    options: async () => ({ tempo: undefined, jaeger: await closed() }),
  },
]

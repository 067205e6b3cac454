import type { RequestListener } from 'node:http'
import Koa from 'koa'
import type { Log } from '../../domain/ports/telemetry.ts'
import { stringify } from '../../domain/text/external-text.ts'
import { AppError } from '../../errors.ts'
import { type AllowedHostsOptions, serveAllowedHosts } from '../admin/allowed-hosts.ts'
import { HEALTH_PATHS, healthz, READINESS_PATHS, readyz } from '../admin/health-handlers.ts'
import { handleMetrics, type RenderMetrics } from '../admin/metrics-handler.ts'
import { answerErrors, onResponseError } from './errors-middleware.ts'
import { errorAnswer } from './problem.ts'
import { Router } from './router.ts'
import { safeBodies } from './safe-bodies.ts'

/** Seconds; a ConfigMap that was corrected reaches the pod within a minute or so. */
const RETRY_AFTER = 30
const invalid = () =>
  new AppError('configuration_invalid', 'the configuration of this service is not valid, so nothing can be recorded', {
    retryAfter: RETRY_AFTER,
  })

/** The ingest listener without a valid configuration: every request gets 503, which tells the sender to come back. */
export function misconfiguredIngestApp(
  /** Called with the path of a POST; with undefined for any other request. */
  onRefused: (path: string | undefined) => void,
): RequestListener {
  const { status, headers, body } = errorAnswer(invalid())
  const text = stringify(body)
  const fields = { ...headers, 'Content-Length': Buffer.byteLength(text) }
  return ({ method, url }, response) => {
    onRefused(method === 'POST' ? url?.split('?')[0] : undefined)
    response.writeHead(status, fields).end(text)
  }
}

export interface MisconfiguredAdminDeps {
  /** What is wrong, one line each, without secrets. */
  readonly faults: () => readonly string[]
  /** Hosts that are served besides addresses and names within a cluster, as far as the configuration tells. */
  readonly hosts: () => AllowedHostsOptions
  readonly renderMetrics: RenderMetrics
  readonly log: Pick<Log, 'error'>
}

/** The admin listener without a valid configuration. Its tokens are not known, so it shows nothing that was recorded. */
export function misconfiguredAdminApp({ faults, hosts, renderMetrics, log }: MisconfiguredAdminDeps): RequestListener {
  const router = new Router()
  router.get(HEALTH_PATHS, healthz)
  router.get(
    READINESS_PATHS,
    readyz(() => [{ name: 'configuration', ok: false, blocks: true, detail: faults().join('\n') }]),
  )
  router.get('/metrics', handleMetrics(renderMetrics))
  const app = new Koa()
  app.on('error', onResponseError(log))
  app.use(answerErrors(log))
  app.use((ctx, next) => {
    ctx.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
    return next()
  })
  app.use(safeBodies)
  app.use((ctx, next) => serveAllowedHosts(hosts())(ctx, next))
  app.use(router.routes())
  app.use(() => {
    throw invalid()
  })
  return app.callback()
}

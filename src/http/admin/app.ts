import type { RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import type { Log } from '../../domain/telemetry.ts'
import type { Credentials } from '../shared/credentials.ts'
import { answerErrors, unanswered } from '../shared/errors-middleware.ts'
import { unmatched } from '../shared/routes.ts'
import { safeBodies } from '../shared/safe-bodies.ts'
import { serveAllowedHosts } from './allowed-hosts.ts'
import { getEndpoint, listEndpoints } from './endpoints-handler.ts'
import { type FailuresParts, getFailure, listFailures } from './failures-handler.ts'
import { type Condition, healthz, readyz } from './health-handlers.ts'
import { getIncident, type IncidentsParts, listIncidents, resolveIncident } from './incidents-handler.ts'
import { landing } from './landing.ts'
import { handleMetrics, type RenderMetrics } from './metrics-handler.ts'
import { openapi } from './openapi.ts'
import { closeStalled, limitInFlight, MAX_READERS } from './reader-limits.ts'

export interface AdminParts extends Omit<FailuresParts, 'journal'>, Omit<IncidentsParts, 'journal'> {
  readonly journal: FailuresParts['journal'] & IncidentsParts['journal']
  readonly version: string
  readonly externalUrl?: string
  /** Hosts that are served besides addresses and names within a cluster. */
  readonly allowedHosts?: readonly string[]
  /** Absent: the route is open to whoever reaches the private listener. */
  readonly apiToken?: Pick<Credentials, 'verify'>
  readonly metricsToken?: Pick<Credentials, 'verify'>
  readonly renderMetrics: RenderMetrics
  readonly conditions: () => readonly Condition[]
  /** What the operator should know, in sentences. */
  readonly warnings?: () => readonly string[]
  readonly log: Pick<Log, 'error' | 'warn'>
}

/** The private application: metrics, health, API. */
export function adminApp(parts: AdminParts): RequestListener {
  const { version, externalUrl, apiToken, metricsToken, warnings = () => [] } = parts
  const api = guard(apiToken)
  const document = openapi({ version, sources: parts.sources, ...(externalUrl !== undefined && { externalUrl }) })

  const router = new Router()
  router.get('/healthz', healthz)
  router.get('/readyz', readyz(parts.conditions))
  router.get('/metrics', guard(metricsToken), limitInFlight(MAX_READERS), handleMetrics(parts.renderMetrics))
  router.get('/', api, landing({ version, warnings, ...(externalUrl !== undefined && { base: externalUrl }) }))
  router.get('/api/v1/openapi.json', api, (ctx) => {
    ctx.body = document
  })
  router.get('/api/v1/failures', api, limitInFlight(MAX_READERS), listFailures(parts))
  router.get('/api/v1/failures/:id', api, getFailure(parts))
  router.get('/api/v1/incidents', api, limitInFlight(MAX_READERS), listIncidents(parts))
  router.get('/api/v1/incidents/:id', api, getIncident(parts))
  router.post('/api/v1/incidents/:id/resolve', api, resolveIncident(parts, { hasToken: apiToken !== undefined }))
  router.get('/api/v1/endpoints', api, limitInFlight(MAX_READERS), listEndpoints(parts))
  router.get('/api/v1/endpoints/:name', api, getEndpoint(parts))

  const app = new Koa()
  app.on('error', unanswered(parts.log))
  app.use(closeStalled(parts.log))
  app.use(answerErrors(parts.log))
  app.use(privately)
  app.use(serveAllowedHosts(parts))
  app.use(safeBodies)
  app.use(router.routes())
  app.use(unmatched(router))
  return app.callback()
}

/** What is told here is neither to be kept by a cache nor guessed at by a browser. */
const privately: Middleware = (ctx, next) => {
  ctx.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  return next()
}

function guard(token: Pick<Credentials, 'verify'> | undefined): Middleware {
  return (ctx, next) => {
    token?.verify(ctx.get('Authorization') || undefined)
    return next()
  }
}

import type { RequestListener } from 'node:http'
import Koa, { type Middleware } from 'koa'
import type { Log } from '../../domain/ports/telemetry.ts'
import { AppError } from '../../errors.ts'
import { readerGuard } from '../pages/access.ts'
import type { PagesDeps } from '../pages/deps.ts'
import { addPages, browsersToPages } from '../pages/router.ts'
import type { Credentials } from '../shared/credentials.ts'
import { answerErrors, onResponseError } from '../shared/errors-middleware.ts'
import { Router } from '../shared/router.ts'
import { unmatched } from '../shared/routes.ts'
import { safeBodies } from '../shared/safe-bodies.ts'
import { serveAllowedHosts } from './allowed-hosts.ts'
import { getEndpoint, listEndpoints } from './endpoints-handler.ts'
import { type FailuresDeps, getFailure, listFailures } from './failures-handler.ts'
import { type Condition, HEALTH_PATHS, healthz, READINESS_PATHS, readyz } from './health-handlers.ts'
import { baseOf, getIncident, type IncidentsDeps, listIncidents, resolveIncident } from './incidents-handler.ts'
import { handleMetrics, type RenderMetrics } from './metrics-handler.ts'
import { closeStalled, limitInFlight, MAX_READERS, MAX_SCRAPES } from './reader-limits.ts'
import type { RecoveryRoutes } from './recovery-handler.ts'

export interface AdminDeps extends Omit<FailuresDeps, 'journal'>, Omit<IncidentsDeps, 'journal'> {
  readonly journal: FailuresDeps['journal'] & IncidentsDeps['journal']
  readonly version: string
  readonly externalUrl?: string
  /** Hosts that are served besides addresses and names within a cluster. */
  readonly allowedHosts?: readonly string[]
  /** Absent: the route is open to everyone who can reach the private listener. */
  readonly apiToken?: Pick<Credentials, 'verify'>
  /** Guards what changes something where `apiToken` is absent; if both are, nothing can be changed. */
  readonly changeToken?: Pick<Credentials, 'verify'>
  readonly metricsToken?: Pick<Credentials, 'verify'>
  /** Absent: recovery is off everywhere. */
  readonly recovery?: ((apiToken: Pick<Credentials, 'verify'> | undefined) => RecoveryRoutes) | undefined
  readonly renderMetrics: RenderMetrics
  readonly conditions: () => readonly Condition[]
  /** What only pages show. */
  readonly pages: Omit<PagesDeps, keyof IncidentsDeps | 'site' | 'conditions'> & Pick<PagesDeps, 'journal'>
  readonly log: Pick<Log, 'error' | 'warn'>
}

/** The private application: metrics, health, API, pages. */
export function adminApp(deps: AdminDeps): RequestListener {
  const { version, externalUrl, apiToken, changeToken = apiToken, metricsToken, recovery } = deps
  const api = readerGuard(apiToken)

  const router = new Router()
  router.get(HEALTH_PATHS, healthz)
  router.get(READINESS_PATHS, readyz(deps.conditions))
  router.get('/metrics', guard(metricsToken), limitInFlight(MAX_SCRAPES), handleMetrics(deps.renderMetrics))
  router.get('/api/v1/openapi.json', api, async (ctx) => {
    // Its schemas take more memory than the rest of the admin listener, and few ask for it.
    const { openapi } = await import('./openapi.ts')
    ctx.body = openapi({ version, sources: deps.sources, ...(externalUrl !== undefined && { externalUrl }) })
  })
  router.get('/api/v1/failures', api, limitInFlight(MAX_READERS), listFailures(deps))
  router.get('/api/v1/failures/:id', api, getFailure(deps))
  router.get('/api/v1/incidents', browsersToPages, api, limitInFlight(MAX_READERS), listIncidents(deps))
  router.get('/api/v1/incidents/:id', browsersToPages, api, getIncident(deps))
  router.post(
    '/api/v1/incidents/:id/resolve',
    guard(changeToken),
    resolveIncident(deps, { hasToken: changeToken !== undefined }),
  )
  const { request, report } = recovery?.(changeToken) ?? {
    request: [guard(changeToken), recoveryOff],
    report: [guard(changeToken), recoveryOff],
  }
  router.post('/api/v1/incidents/:id/recover', ...request)
  router.post('/api/v1/incidents/:id/recovery', ...report)
  router.get('/api/v1/endpoints', api, limitInFlight(MAX_READERS), listEndpoints(deps))
  router.get('/api/v1/endpoints/:name', api, getEndpoint(deps))

  addPages(router, { ...deps, changeToken, ...deps.pages, site: { base: baseOf(deps), version } })

  const app = new Koa()
  app.on('error', onResponseError(deps.log))
  app.use(closeStalled(deps.log))
  app.use(answerErrors(deps.log))
  app.use(noStore)
  app.use(serveAllowedHosts(deps))
  app.use(safeBodies)
  app.use(router.routes())
  app.use(unmatched(router))
  return app.callback()
}

/** Caches must not store these answers, and browsers must not guess their type. */
const noStore: Middleware = (ctx, next) => {
  ctx.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  return next()
}

const recoveryOff: Middleware = () => {
  throw new AppError(
    'forbidden',
    'recovery is off: set recovery.enabled or a hook that receives incident.closed, and recovery.token or admin.apiToken',
  )
}

/** Only as Bearer: browsers send Basic credentials by themselves, also with a foreign page's request. */
function guard(token: Pick<Credentials, 'verify'> | undefined): Middleware {
  return (ctx, next) => {
    token?.verify(ctx.get('Authorization') || undefined)
    return next()
  }
}

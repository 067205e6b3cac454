import type Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import type { Log } from '../../domain/ports/telemetry.ts'
import { AppError } from '../../errors.ts'
import { limitInFlight, MAX_PAGES } from '../admin/reader-limits.ts'
import type { Credentials } from '../shared/credentials.ts'
import { pageGuard, sameOrigin } from './access.ts'
import type { PagesDeps } from './deps.ts'
import { endpointPage } from './endpoint-page.ts'
import { errorPages } from './errors.ts'
import { failurePage } from './failure-page.ts'
import { incidentPage } from './incident-page.ts'
import { answerPage, type Page } from './layout.ts'
import { failuresPage, incidentsPage } from './list-pages.ts'
import { refreshScript } from './refresh.ts'
import { resolveFromPage } from './resolve.ts'
import { runtimePage } from './runtime-page.ts'
import { statusPage } from './status-page.ts'

export interface PageRoutes extends PagesDeps {
  readonly apiToken?: Pick<Credentials, 'verify'>
  readonly changeToken: Pick<Credentials, 'verify'> | undefined
  readonly allowedHosts?: readonly string[]
  readonly log: Pick<Log, 'error'>
}

/** Adds the pages for people: server-rendered, complete without a script. */
export function addPages(router: Router, deps: PageRoutes): void {
  const { apiToken, changeToken, site, log } = deps
  const hasToken = changeToken !== undefined
  // One limit for all pages, since together they decide the memory that readers take.
  const limit = limitInFlight(MAX_PAGES)
  const errors = errorPages(site, log)
  const guard = pageGuard(apiToken)
  const page = (path: string | RegExp, make: (ctx: Context) => Page | Promise<Page>): void => {
    const show: Middleware = async (ctx) => answerPage(ctx, site, await make(ctx))
    router.get(path, errors, guard, limit, show)
  }
  const incidents = incidentsPage(deps)
  page('/', (ctx) => statusPage(ctx, deps))
  page('/incidents', (ctx) => incidents(ctx, hasToken))
  page('/incidents/:id', (ctx) => incidentPage(ctx, deps, hasToken))
  page('/failures', failuresPage(deps))
  page('/failures/:id', (ctx) => failurePage(ctx, deps))
  page(/^\/endpoints\/.+/s, (ctx) => endpointPage(ctx, deps))
  page('/status', () => runtimePage(deps))
  router.get('/refresh.js', refreshScript)

  const needsToken: Middleware = (_ctx, next) => {
    if (!hasToken) throw new AppError('forbidden', 'closing an incident needs admin.apiToken to be configured')
    return next()
  }
  router.post('/incidents/:id/resolve', errors, needsToken, sameOrigin(deps), pageGuard(changeToken), (ctx) =>
    resolveFromPage(ctx, deps),
  )
}

/** Sends browsers from the API to the page that shows the same; clients go on to the API. */
export const browsersToPages: Middleware = (ctx, next) => {
  const params = new URLSearchParams(ctx.querystring)
  const asked = params.get('format')
  ctx.vary('Accept')
  const isForPeople =
    asked === 'html' || (asked === null && ctx.accepts('application/json', 'text/plain', 'text/html') === 'text/html')
  if (!isForPeople) return next()
  params.delete('format')
  const up = '../'.repeat(ctx.path.split('/').length - 2)
  ctx.status = 302
  ctx.set('Location', `${up}${ctx.path.slice('/api/v1/'.length)}${params.size > 0 ? `?${params}` : ''}`)
  ctx.type = 'text/plain'
  ctx.body = ''
  return undefined
}

import type { RequestListener } from 'node:http'
import type Koa from 'koa'
import {
  type Log,
  type Metrics,
  NO_SOURCE,
  type Outcome,
  type Reason,
  type Tracing,
} from '../../domain/ports/telemetry.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import { answerError, onResponseError } from '../shared/errors-middleware.ts'
import { statusOf } from '../shared/problem.ts'
import { wasRefused } from '../shared/refusals.ts'
import { ReportApp } from './report-app.ts'
import {
  handleCheck,
  handleReport,
  type IngestSource,
  type ReportHandlerDeps,
  type ReportState,
} from './report-handler.ts'

export interface IngestDeps extends ReportHandlerDeps {
  /** No two on one path. */
  readonly sources: readonly IngestSource[]
  readonly metrics: Pick<Metrics, 'answered'>
  readonly tracing: Tracing
  readonly log: Pick<Log, 'error'>
}

type Handler = (ctx: Koa.ParameterizedContext<ReportState>) => Promise<void>

interface Route {
  readonly source: string
  readonly path: string
  readonly methods: ReadonlyMap<string, Handler>
}

/** The application that platforms reach: one route per source, and every request accounted for. */
export function ingestApp(deps: IngestDeps): RequestListener {
  const app = new ReportApp<ReportState>()
  app.on('error', onResponseError(deps.log))
  app.use(account(deps))
  return app.callback()
}

/** By path, whatever its case, with or without a slash at its end. */
function routesOf(deps: IngestDeps): (path: string) => Route | undefined {
  const routes = new Map(
    deps.sources.map((source): [string, Route] => {
      const { name, path } = source
      const methods = new Map([
        ['OPTIONS', handleCheck(source)],
        ['POST', handleReport(source, deps)],
      ])
      return [path.toLowerCase(), { source: name, path, methods }]
    }),
  )
  return (path) => routes.get(path) ?? routes.get(path.toLowerCase().replace(/\/$/, ''))
}

/** Span, counter and duration around one request, and the answer to its errors. */
function account(deps: IngestDeps): Koa.Middleware<ReportState> {
  const { metrics, tracing, log } = deps
  const routeOf = routesOf(deps)
  return async (ctx) => {
    const started = performance.now()
    const { path, req, res } = ctx
    const { headers, socket } = req
    const route = routeOf(path)
    const span = tracing.request({
      method: ctx.method,
      path,
      route: route?.path,
      traceparent: String(headers['traceparent'] ?? ''),
      clientAddress: socket.remoteAddress,
      userAgent: headers['user-agent'],
    })
    ctx.state = { span } as ReportState
    let code: ErrorCode | undefined
    try {
      await handlerOf(ctx, route)(ctx)
    } catch (error) {
      code = answerError(ctx, error, log)?.code
    }
    const aborted = ctx.respond === false
    if (code || aborted) span.end({ status: aborted ? 0 : ctx.status, errorType: code ?? 'client_closed' })
    else span.end({ status: ctx.status })
    if (wasRefused(req)) return
    // A check of a credential (OPTIONS) that succeeded is no report.
    if (!code && !aborted && !ctx.state.outcome) return
    const count = () => {
      const { outcome, reason } = outcomeOf(code, aborted, ctx.state)
      const seconds = (performance.now() - started) / 1_000
      metrics.answered({ source: route?.source ?? NO_SOURCE, outcome, reason, seconds })
    }
    // `close` comes once the answer is written, or the client has disconnected.
    if (res.closed) count()
    else res.on('close', count)
  }
}

/** @throws AppError `not_found`; `method_not_allowed`, with Allow */
function handlerOf(ctx: Koa.Context, route: Route | undefined): Handler {
  if (!route) throw new AppError('not_found', 'nothing is at this path')
  const handler = route.methods.get(ctx.method)
  if (handler) return handler
  const allowed = [...route.methods.keys()].join(', ')
  ctx.set('Allow', allowed)
  throw new AppError('method_not_allowed', `this path takes ${allowed}`)
}

function outcomeOf(
  code: ErrorCode | undefined,
  aborted: boolean,
  { outcome = 'recorded', isPartial }: ReportState,
): { outcome: Outcome; reason: Reason } {
  if (aborted) return { outcome: 'rejected', reason: 'client_closed' }
  if (code !== undefined) return { outcome: statusOf(code) >= 500 ? 'failed' : 'rejected', reason: code }
  return { outcome, reason: isPartial ? 'partly_rejected' : 'none' }
}

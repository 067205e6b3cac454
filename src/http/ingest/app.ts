import type { RequestListener } from 'node:http'
import Koa from 'koa'
import type { Clock } from '../../domain/clock.ts'
import { type Log, type Metrics, NO_SOURCE, type Outcome, type Reason, type Tracing } from '../../domain/telemetry.ts'
import type { ErrorCode } from '../../errors.ts'
import { answerErrors, onResponseError } from '../shared/errors-middleware.ts'
import { statusOf } from '../shared/problem.ts'
import { wasRefused } from '../shared/refusals.ts'
import { Router } from '../shared/router.ts'
import { unmatched } from '../shared/routes.ts'
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
  readonly clock: Clock
}

/** The application that platforms reach: one route per source, and every request accounted for. */
export function ingestApp(deps: IngestDeps): RequestListener {
  const router = new Router<ReportState>()
  for (const source of deps.sources) {
    router.post(source.path, handleReport(source, deps))
    router.options(source.path, handleCheck(source))
  }

  const app = new Koa<ReportState>()
  app.on('error', onResponseError(deps.log))
  app.use(account(deps))
  app.use(router.routes())
  app.use(unmatched(router))
  return app.callback()
}

/** Span, counter and duration around one request, and the answer to its errors. */
function account({ sources, metrics, tracing, log, clock }: IngestDeps): Koa.Middleware<ReportState> {
  const routes = new Map(sources.map((source) => [source.path.toLowerCase(), source]))
  return async (ctx, next) => {
    const started = performance.now()
    const { path } = ctx
    const route = routes.get(path) ?? routes.get(path.toLowerCase().replace(/\/$/, ''))
    const { headers, socket } = ctx.req
    const span = tracing.request({
      method: ctx.method,
      path,
      startedAt: clock(),
      route: route?.path,
      traceparent: String(headers['traceparent'] ?? ''),
      tracestate: String(headers['tracestate'] ?? ''),
      clientAddress: socket.remoteAddress,
      userAgent: headers['user-agent'],
    })
    ctx.state = { span } as ReportState
    let code: ErrorCode | undefined
    await answerErrors(log, (error) => {
      code = error.code
    })(ctx, next)
    const aborted = ctx.respond === false
    span.end({ status: aborted ? 0 : ctx.status, ...((code ?? aborted) && { errorType: code ?? 'client_closed' }) })
    if (wasRefused(ctx.req)) return
    // A check of a credential (OPTIONS) that succeeded is no report.
    if (!code && !aborted && !ctx.state.outcome) return
    const count = () =>
      metrics.answered({
        source: route?.name ?? NO_SOURCE,
        ...outcomeOf(code, aborted, ctx.state),
        seconds: (performance.now() - started) / 1_000,
      })
    // Koa writes the answer after this; `close` comes once it is written, or the client has disconnected.
    if (ctx.res.closed) count()
    else ctx.res.once('close', count)
  }
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

import type { RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import type { Clock } from '../../domain/clock.ts'
import { type Log, type Metrics, NO_SOURCE, type Outcome, type Reason, type Tracing } from '../../domain/telemetry.ts'
import type { ErrorCode } from '../../errors.ts'
import { answerErrors, onResponseError } from '../shared/errors-middleware.ts'
import { statusOf } from '../shared/problem.ts'
import { wasRefused } from '../shared/refusals.ts'
import { unmatched } from '../shared/routes.ts'
import { handleCheck, handleReport, type ReportHandlerParts, type ReportState } from './report-handler.ts'

export const REPORT_PATH = '/webhooks/error'

export interface IngestParts extends ReportHandlerParts {
  readonly metrics: Pick<Metrics, 'answered'>
  readonly tracing: Tracing
  readonly log: Pick<Log, 'error'>
  readonly clock: Clock
}

/** The application that the platform reaches: one route, and every request accounted for. */
export function ingestApp(parts: IngestParts): RequestListener {
  const router = new Router<ReportState>()
  router.post(REPORT_PATH, handleReport(parts))
  router.options(REPORT_PATH, handleCheck(parts))

  const app = new Koa<ReportState>()
  app.on('error', onResponseError(parts.log))
  app.use(account(parts))
  app.use(router.routes())
  app.use(unmatched(router))
  return app.callback()
}

/** Span, counter and duration around one request, and the answer to its errors. */
function account({ metrics, tracing, log, source, clock }: IngestParts): Koa.Middleware<ReportState> {
  return async (ctx, next) => {
    const started = performance.now()
    const { path } = ctx
    const known = path === REPORT_PATH || path.toLowerCase().replace(/\/$/, '') === REPORT_PATH
    const { headers, socket } = ctx.req
    const span = tracing.request({
      method: ctx.method,
      path,
      startedAt: clock(),
      route: known ? REPORT_PATH : undefined,
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
    if (!code && !aborted && !ctx.state.recorded && !ctx.state.canary) return
    const count = () =>
      metrics.answered({
        source: known ? source : NO_SOURCE,
        ...outcomeOf(code, aborted, ctx.state),
        seconds: (performance.now() - started) / 1_000,
      })
    // Koa writes the answer after this; `close` comes once the last of it is written, or nobody is there to read it.
    if (ctx.res.closed) count()
    else ctx.res.once('close', count)
  }
}

function outcomeOf(
  code: ErrorCode | undefined,
  aborted: boolean,
  { recorded, canary }: ReportState,
): { outcome: Outcome; reason: Reason } {
  if (aborted) return { outcome: 'rejected', reason: 'client_closed' }
  if (code !== undefined) return { outcome: statusOf(code) >= 500 ? 'failed' : 'rejected', reason: code }
  return { outcome: canary ? 'canary' : recorded?.duplicate ? 'duplicate' : 'recorded', reason: 'none' }
}

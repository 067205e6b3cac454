import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, Middleware } from 'koa'
import type { Recorded } from '../../domain/journal.ts'
import { parseReport, type Report } from '../../domain/report.ts'
import type { RequestSpan } from '../../domain/telemetry.ts'
import { AppError } from '../../errors.ts'
import type { Receipt } from '../../service/record.ts'
import { readBody } from '../shared/body.ts'
import { BODY_TIMEOUT } from '../shared/listener.ts'
import type { CanaryReceiver } from './canary-handler.ts'
import { bodyDigest, idempotencyKey } from './idempotency.ts'
import type { Intake } from './intake.ts'

export interface ReportState {
  readonly span: RequestSpan
  recorded?: Recorded
  /** A canary was taken. */
  canary?: true
}

export interface ReportHandlerParts {
  readonly source: string
  /** The tenant of the request. @throws AppError where it may not report */
  readonly authenticate: (authorization: string | undefined) => string
  readonly record: (report: Report, receipt: Receipt) => Promise<Recorded>
  readonly canary: CanaryReceiver
  readonly intake: Pick<Intake, 'run'>
  /** Bytes. */
  readonly bodyLimit: number
  /** Milliseconds from the whole body to the answer. */
  readonly answerTimeout: number
}

/** `POST /webhooks/error`: 202 with the failure's id once it is durable. Cheap refusals come first. */
export function handleReport(parts: ReportHandlerParts): Middleware<ReportState> {
  const receive = receiveReport(parts)
  return async (ctx, next) => {
    const begun = performance.now()
    try {
      await receive(ctx, next)
    } catch (error) {
      // Answered at once, a client that repeats at once would keep the service busy with refusing. The body is let go by now.
      if (error instanceof AppError && error.code === 'overloaded')
        await sleep(Math.max(0, begun + parts.answerTimeout / 2 - performance.now()))
      throw error
    }
  }
}

function receiveReport(parts: ReportHandlerParts): Middleware<ReportState> {
  return async (ctx) => {
    const { headers } = ctx.req
    const tenant = parts.authenticate(headers.authorization)
    checkHeaders(ctx)
    const canary = parts.canary.claims(headers)
    if (canary) await parts.canary.check(headers)
    const key = idempotencyKey(headers)
    const raw = await readBody(ctx.req, { limit: parts.bodyLimit, timeout: BODY_TIMEOUT })
    const { intake, answerTimeout } = parts
    if (canary) {
      const taken = intake.run(raw.length, () => {
        parseReport(raw)
        return parts.canary.take(headers)
      })
      ctx.body = await within(taken, answerTimeout)
      ctx.state.canary = true
      ctx.status = 202
      return
    }
    const recorded = intake.run(raw.length, () =>
      parts.record(parseReport(raw), {
        source: parts.source,
        tenant,
        raw,
        span: ctx.state.span,
        ...(key !== undefined && { idempotency: { key, digest: bodyDigest(raw) } }),
      }),
    )
    ctx.state.recorded = await within(recorded, answerTimeout)
    ctx.status = 202
    // As text with its type: Koa would look the type of an object up for each answer.
    ctx.set('Content-Type', 'application/json; charset=utf-8')
    ctx.body = JSON.stringify({ id: ctx.state.recorded.id })
  }
}

/** `OPTIONS /webhooks/error`: whether a credential is good, without making a failure. */
export function handleCheck({ authenticate }: Pick<ReportHandlerParts, 'authenticate'>): Middleware {
  return (ctx) => {
    authenticate(ctx.get('Authorization') || undefined)
    ctx.set('Allow', 'OPTIONS, POST')
    ctx.status = 204
  }
}

function checkHeaders(ctx: Context): void {
  const { headers } = ctx.req
  // What nearly all senders say.
  if (headers['content-type'] === 'application/json' && headers['content-encoding'] === undefined) return
  // RETM documents no header. A body without a type may be looked at (RFC 9110 section 8.3): whether it is JSON shows then.
  const type = ctx.request.type.trim().toLowerCase()
  if (type !== '' && type !== 'application/json') {
    throw new AppError('unsupported_media_type', 'send the report as Content-Type: application/json')
  }
  const charset = ctx.request.charset.toLowerCase()
  if (charset !== '' && charset !== 'utf-8' && charset !== 'utf8') {
    throw new AppError('unsupported_media_type', 'send the report as UTF-8')
  }
  const encoding = ctx.get('Content-Encoding').trim().toLowerCase()
  if (encoding !== '' && encoding !== 'identity') {
    ctx.set('Accept-Encoding', 'identity')
    throw new AppError('unsupported_encoding', 'send the report without a Content-Encoding')
  }
}

/** @throws AppError `answer_timeout`; the promise that was too slow goes on, and its late error is nobody's */
function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => new AppError('answer_timeout', 'the report is not known to be durable yet; send it again')
    const timer = setTimeout(() => reject(late()), milliseconds)
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

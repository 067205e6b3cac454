import type { Context, Middleware } from 'koa'
import type { Log } from '../../domain/ports/telemetry.ts'
import { stringify } from '../../domain/text/external-text.ts'
import { AppError, asAppError, type ErrorCode } from '../../errors.ts'
import { ClientClosed } from './body.ts'
import { errorAnswer } from './problem.ts'

/** The client disconnected mid-response: not actionable. */
const CLIENT_GONE = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'])

/** What nothing else has logged by then. */
const LOGGED: Partial<Record<ErrorCode, string>> = {
  internal: 'internal error while handling a request',
  journal_refused: 'report refused by the journal',
}

/** Logs what goes wrong once an answer has begun: Koa's event `error`. */
export function onResponseError(log: Pick<Log, 'error'>): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    // A journal that cannot be read has already been logged as such.
    if (error instanceof AppError && error.code !== 'internal') return
    if (!CLIENT_GONE.has(error.code ?? '')) log.error({ err: error }, 'failed to send a response')
  }
}

/** Turns everything a handler throws into a problem document, and logs internal errors once. */
export function answerErrors(log: Pick<Log, 'error'>): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      answerError(ctx, thrown, log)
    }
  }
}

/** Answers with a problem document what a handler threw. @returns the error; undefined if there is no client left */
export function answerError(ctx: Context, thrown: unknown, log: Pick<Log, 'error'>): AppError | undefined {
  if (thrown instanceof ClientClosed) {
    ctx.respond = false
    ctx.res.destroy()
    return undefined
  }
  const error = asAppError(thrown)
  const message = LOGGED[error.code]
  if (message !== undefined) log.error({ err: error.cause ?? error }, message)
  const { status, headers, body } = errorAnswer(error)
  ctx.status = status
  ctx.set(headers)
  // As text: Koa would replace the media type of an object.
  ctx.body = stringify(body)
  return error
}

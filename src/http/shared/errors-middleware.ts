import type { Middleware } from 'koa'
import { stringify } from '../../domain/external-text.ts'
import type { Log } from '../../domain/telemetry.ts'
import { AppError, asAppError } from '../../errors.ts'
import { ClientClosed } from './body.ts'
import { errorAnswer } from './problem.ts'

/** What a client causes that goes away while it is being answered: nothing that anybody could mend. */
const CLIENT_GONE = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'])

/** For Koa's event `error`: what went wrong once the answer had begun. */
export function unanswered(log: Pick<Log, 'error'>): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    // A journal that cannot be read has been logged by itself.
    if (error instanceof AppError && error.code !== 'internal') return
    if (!CLIENT_GONE.has(error.code ?? '')) log.error({ err: error }, 'an answer could not be sent')
  }
}

/**
 * Turns whatever a handler throws into the one form of answer, and logs faults of our own once.
 * @param onError told of every error that is answered
 */
export function answerErrors(log: Pick<Log, 'error'>, onError: (error: AppError) => void = () => {}): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      if (thrown instanceof ClientClosed) {
        ctx.respond = false
        ctx.res.destroy()
        return
      }
      const error = asAppError(thrown)
      if (error.code === 'internal') log.error({ err: error.cause }, 'a request failed for a reason of ours')
      onError(error)
      const { status, headers, body } = errorAnswer(error)
      ctx.status = status
      ctx.set(headers)
      // As text: Koa would replace the media type of an object.
      ctx.body = stringify(body)
    }
  }
}

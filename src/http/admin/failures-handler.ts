import type { Context, Middleware } from 'koa'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import type { Failure } from '../../domain/report/failure.ts'
import { stringify } from '../../domain/text/external-text.ts'
import { AppError } from '../../errors.ts'
import { failureQueryReader } from './failure-query.ts'
import { failureView } from './failure-view.ts'
import { jsonPage, PIECE, peek, streamed } from './stream.ts'

export const NDJSON = 'application/x-ndjson'

export interface FailuresDeps {
  readonly journal: Pick<Journal, 'get' | 'list' | 'stream'>
  readonly clock: Clock
}

/** `GET /api/v1/failures`: a page as JSON; as NDJSON all that match, or the first `limit`, one per line. */
export function listFailures({ journal, clock }: FailuresDeps): Middleware {
  const read = failureQueryReader(clock)
  return async (ctx: Context) => {
    const { filter, limit, before } = read(new URLSearchParams(ctx.querystring))
    const cursor = before === undefined ? {} : { before }
    ctx.vary('Accept')
    if (ctx.accepts('application/json', NDJSON) === NDJSON) {
      ctx.body = streamed(await peek(lines(journal.stream(filter, cursor), limit)))
      ctx.type = NDJSON
      return
    }
    const { failures, next } = await journal.list(filter, { limit: limit ?? 100, ...cursor })
    ctx.body = streamed(jsonPage('failures', failures, { view: failureView, next }))
    ctx.type = 'json'
  }
}

/** `GET /api/v1/failures/{id}`. */
export function getFailure({ journal }: FailuresDeps): Middleware {
  return async (ctx: Context) => {
    const id = String(ctx['params'].id)
    const failure = await journal.get(id.toLowerCase())
    if (!failure) throw new AppError('not_found', 'no failure has this id; it may have been removed by retention')
    ctx.body = failureView(failure)
  }
}

async function* lines(
  chunks: AsyncIterable<readonly Failure[]>,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  let left = limit
  for await (const failures of chunks) {
    let text = ''
    for (const failure of failures.slice(0, left)) {
      text += `${stringify(failureView(failure))}\n`
      if (text.length < PIECE) continue
      yield text
      text = ''
    }
    if (text !== '') yield text
    left -= failures.length
    if (left <= 0) return
  }
}

import { Readable } from 'node:stream'
import type { Context, Middleware } from 'koa'
import type { Clock } from '../domain/clock.ts'
import type { Failure } from '../domain/failure.ts'
import type { Journal } from '../domain/journal.ts'
import { AppError } from '../errors.ts'
import { readFailureQuery } from './failure-query.ts'
import { failureView } from './failure-view.ts'

export const NDJSON = 'application/x-ndjson'

export interface FailuresParts {
  readonly journal: Pick<Journal, 'get' | 'list' | 'stream'>
  readonly clock: Clock
}

/** `GET /api/v1/failures`: a page as JSON, or as NDJSON all that match, one a line. */
export function listFailures({ journal, clock }: FailuresParts): Middleware {
  return async (ctx: Context) => {
    const { filter, limit, before } = readFailureQuery(new URLSearchParams(ctx.querystring), clock)
    ctx.set('Vary', 'Accept')
    if (ctx.accepts('application/json', NDJSON) === NDJSON) {
      ctx.type = NDJSON
      ctx.body = await begun(lines(journal.stream(filter)))
      return
    }
    const page = await journal.list(filter, { limit, ...(before !== undefined && { before }) })
    ctx.body = { failures: page.failures.map(failureView), next: page.next }
  }
}

/** `GET /api/v1/failures/{id}`. */
export function getFailure({ journal }: FailuresParts): Middleware {
  return async (ctx: Context) => {
    const id = String(ctx['params'].id)
    const failure = await journal.get(id.toLowerCase())
    if (!failure) throw new AppError('not_found', 'no failure has this id; it may have been removed by retention')
    ctx.body = failureView(failure)
  }
}

async function* lines(failures: AsyncIterable<Failure>): AsyncGenerator<string> {
  for await (const failure of failures) yield `${JSON.stringify(failureView(failure))}\n`
}

/** Takes the first item before the answer begins, so that a journal that is down is a 503 and not a cut stream. */
async function begun(source: AsyncGenerator<string>): Promise<Readable> {
  const first = await source.next()
  return Readable.from(
    (async function* () {
      if (first.done) return
      yield first.value
      yield* source
    })(),
    { objectMode: true, highWaterMark: 64 },
  )
}

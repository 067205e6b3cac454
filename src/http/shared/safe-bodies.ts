import { Readable } from 'node:stream'
import type { Middleware } from 'koa'
import { stringify } from '../../domain/text/external-text.ts'

/** Answers an object as JSON that is safe to read in a terminal; Koa itself would leave C1 and bidi characters as they are. */
export const safeBodies: Middleware = async (ctx, next) => {
  await next()
  const { body } = ctx
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body) || body instanceof Readable) return
  ctx.body = stringify(body)
}

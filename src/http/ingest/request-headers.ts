import type { Context } from 'koa'
import { AppError } from '../../errors.ts'
import { discardTooLarge } from '../shared/body.ts'

/** Refuses by its header alone what need not be read. @throws AppError `too_large` and those of `checkMediaType` */
export function checkRequest(ctx: Context, { contentTypes, bodyLimit }: RequestRules): void {
  const { headers } = ctx.req
  if (Number(headers['content-length']) > bodyLimit) throw discardTooLarge(ctx.req, bodyLimit)
  // What nearly all senders say.
  if (headers['content-type'] === contentTypes[0] && headers['content-encoding'] === undefined) return
  checkMediaType(ctx, contentTypes)
}

interface RequestRules {
  /** See `OpenSource`. */
  readonly contentTypes: readonly string[]
  /** Bytes. */
  readonly bodyLimit: number
}

/** @throws AppError `unsupported_media_type`, `unsupported_encoding` */
function checkMediaType(ctx: Context, contentTypes: readonly string[]): void {
  const isAny = contentTypes.includes('*')
  const named = contentTypes.filter((type) => type !== '' && type !== '*')
  if (!isAny && !contentTypes.includes(ctx.request.type.trim().toLowerCase()))
    throw new AppError('unsupported_media_type', `send the report as Content-Type: ${named.join(' or ')}`)
  const charset = ctx.request.charset.toLowerCase()
  if (!isAny && charset !== '' && charset !== 'utf-8' && charset !== 'utf8')
    throw new AppError('unsupported_media_type', 'send the report as UTF-8')
  const encoding = ctx.get('Content-Encoding').trim().toLowerCase()
  if (encoding !== '' && encoding !== 'identity') {
    ctx.set('Accept-Encoding', 'identity')
    throw new AppError('unsupported_encoding', 'send the report without a Content-Encoding')
  }
}

import type { Context } from 'koa'
import { redact } from '../../domain/text/redact.ts'
import { AppError } from '../../errors.ts'
import { readBody } from '../shared/body.ts'
import { BODY_TIMEOUT } from '../shared/listener.ts'
import type { PagesDeps } from './deps.ts'

const LONGEST_REASON = 500

/** `POST /incidents/{id}/resolve`, from the form of the incident's page; answers with the way back to it. */
export async function resolveFromPage(ctx: Context, { tracker }: Pick<PagesDeps, 'tracker'>): Promise<void> {
  if (ctx.request.type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new AppError('unsupported_media_type', 'send the form as application/x-www-form-urlencoded')
  }
  const body = await readBody(ctx.req, { limit: 16_384, timeout: BODY_TIMEOUT })
  const reason = new URLSearchParams(body.toString()).get('reason')?.trim() ?? ''
  if (reason === '' || reason.length > LONGEST_REASON) {
    throw new AppError('invalid_request', `give a reason of 1 to ${LONGEST_REASON} characters`)
  }
  const { id } = await tracker.resolve(String(ctx['params'].id).toLowerCase(), redact(reason))
  ctx.status = 303
  ctx.set('Location', `../${id}`)
  ctx.body = ''
}

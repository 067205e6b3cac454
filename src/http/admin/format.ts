import type { Context } from 'koa'
import { wordParameter } from '../shared/query.ts'

const FORMATS = ['json', 'text', 'html'] as const
export type Format = (typeof FORMATS)[number]

export const formatParameter = wordParameter(FORMATS, 'Form of the answer. Takes precedence over Accept.')

/** The form the request asks for: JSON unless it accepts text or HTML, so a browser gets HTML. */
export function formatOf(ctx: Context, asked: Format | undefined): Format {
  ctx.vary('Accept')
  if (asked) return asked
  const accepted = ctx.accepts('application/json', 'text/plain', 'text/html')
  if (accepted === 'text/html') return 'html'
  return accepted === 'text/plain' ? 'text' : 'json'
}

import type { Context } from 'koa'
import { Type } from 'typebox'
import type { QueryReader } from '../shared/query.ts'

const FORMATS = ['json', 'text', 'html'] as const
export type Format = (typeof FORMATS)[number]

export const FormatSchema = Type.Optional(
  Type.Enum([...FORMATS], { description: 'Form of the answer. Takes precedence over Accept.' }),
)

export const readFormat: QueryReader = [
  (text) => FORMATS.find((format) => format === text),
  `one of ${FORMATS.join(', ')}`,
]

/** The form that the request asks for: JSON unless it names a form that people read, so a browser gets HTML. */
export function formatOf(ctx: Context, asked: Format | undefined): Format {
  ctx.vary('Accept')
  if (asked) return asked
  const accepted = ctx.accepts('application/json', 'text/plain', 'text/html')
  if (accepted === 'text/html') return 'html'
  return accepted === 'text/plain' ? 'text' : 'json'
}

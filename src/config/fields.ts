import { Type } from 'typebox'
import { path, strict, variable } from '../schema-fields.ts'

export { duration, size } from '../schema-fields.ts'

export const host = (description: string) =>
  Type.String({
    pattern: '^[A-Za-z0-9:._%-]{1,255}$',
    default: '127.0.0.1',
    description: `${description} 0.0.0.0 or :: for all.`,
    examples: ['0.0.0.0'],
  })
export const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description: `${description} 0 picks a free one.` })

/** Where a secret is: exactly one of a file (read again when its content changes) and an environment variable. */
export const secret = (description: string) =>
  Type.Object(
    {
      file: Type.Optional(path('File that holds the secret; white space at its ends is ignored.')),
      env: Type.Optional(variable),
    },
    { ...strict, minProperties: 1, maxProperties: 1, description: `${description} Either file or env.` },
  )
export type SecretRef = { readonly file?: string; readonly env?: string }

export const probeUrl = (description: string, example: string) =>
  Type.String({ pattern: '^https?://[^\\s#]+$', maxLength: 2_048, description, examples: [example] })

import { type TUnsafe, Type } from 'typebox'
import { path, strict, variable } from '../schema-fields.ts'
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from '../units.ts'

/** Durations are milliseconds once read; in the file a text with a unit, or an integer of milliseconds. */
export const duration = (
  fallback: string | undefined,
  min: string,
  max: string,
  description: string,
): TUnsafe<number> =>
  Type.Unsafe<number>({
    anyOf: [
      { type: 'string', pattern: DURATION_PATTERN },
      { type: 'integer', minimum: parseDuration(min), maximum: parseDuration(max) },
    ],
    ...(fallback === undefined ? {} : { default: fallback }),
    description: `${description} A duration such as 500ms, 30s or 1h30m (an integer counts milliseconds), ${min} to ${max}.`,
    'x-unit': 'duration',
    'x-minimum': parseDuration(min),
    'x-maximum': parseDuration(max),
  })

/** Sizes are bytes once read. */
export const size = (fallback: string, min: string, max: string, description: string): TUnsafe<number> =>
  Type.Unsafe<number>({
    anyOf: [
      { type: 'string', pattern: SIZE_PATTERN },
      { type: 'integer', minimum: parseSize(min), maximum: parseSize(max) },
    ],
    default: fallback,
    description: `${description} A size such as 64KiB or 1GiB (an integer counts bytes), ${min} to ${max}.`,
    'x-unit': 'size',
    'x-minimum': parseSize(min),
    'x-maximum': parseSize(max),
  })

export const host = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 255,
    default: '127.0.0.1',
    description: `${description} 0.0.0.0 or :: for all.`,
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

import { type TSchema, type TUnsafe, Type } from 'typebox'
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from './units.ts'

/** What the configuration schemas of the service and of its sources have in common. */

/** No unknown keys. */
export const strict = { additionalProperties: false } as const

/** A section with a default for every key. */
export const object = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Object(properties, { ...strict, default: {}, description })

export const path = (description: string, example = '/secrets/token') =>
  Type.String({ minLength: 1, maxLength: 4_096, description, examples: [example] })

export const variable = Type.String({
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  maxLength: 255,
  examples: ['SECRET_TOKEN'],
  description: 'Name of the environment variable that holds the secret.',
})

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
export const size = (fallback: string | undefined, min: string, max: string, description: string): TUnsafe<number> =>
  Type.Unsafe<number>({
    anyOf: [
      { type: 'string', pattern: SIZE_PATTERN },
      { type: 'integer', minimum: parseSize(min), maximum: parseSize(max) },
    ],
    ...(fallback === undefined ? {} : { default: fallback }),
    description: `${description} A size such as 64KiB or 1GiB (an integer counts bytes), ${min} to ${max}.`,
    'x-unit': 'size',
    'x-minimum': parseSize(min),
    'x-maximum': parseSize(max),
  })

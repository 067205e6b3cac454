import { type TSchema, Type } from 'typebox'

/** What the configuration schemas of the service and of its sources have in common. */

/** No unknown keys. */
export const strict = { additionalProperties: false } as const

/** A section, all of whose keys have a default. */
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

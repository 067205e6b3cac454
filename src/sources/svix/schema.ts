import { Type } from 'typebox'
import { members, presetConfig } from '../preset-schemas.ts'

/** Schemas of the source `svix`. */
export const svixSchemas = {
  config: presetConfig,
  body: members(
    {
      type: Type.String({ description: 'Such as message.attempt.exhausted.' }),
      data: Type.Object({}, { additionalProperties: true }),
    },
    'An operational webhook of Svix.',
  ),
}

import { Type } from 'typebox'
import { members, presetConfig } from '../preset-schemas.ts'

/** Schemas of a push subscription of dead letters. */
export const pubsubSchemas = {
  config: presetConfig,
  body: members(
    {
      message: Type.Object({}, { additionalProperties: true }),
      subscription: Type.String({ description: 'Name of the push subscription.' }),
    },
    'A message of a push subscription.',
  ),
}

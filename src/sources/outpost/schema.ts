import { Type } from 'typebox'
import { members, presetConfig } from '../preset-schemas.ts'

/** Schemas of the source `outpost`. */
export const outpostSchemas = {
  config: presetConfig,
  body: members(
    {
      id: Type.String(),
      topic: Type.String({ description: 'Such as alert.attempt.exhausted_retries.' }),
      data: Type.Object({}, { additionalProperties: true }),
    },
    'An operator event of Outpost.',
  ),
}

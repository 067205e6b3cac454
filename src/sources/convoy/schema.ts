import { Type } from 'typebox'
import { members, presetConfig } from '../preset-schemas.ts'

/** Schemas of the source `convoy`. */
export const convoySchemas = {
  config: presetConfig,
  body: members(
    {
      event_type: Type.String({ description: 'Such as eventdelivery.failed.' }),
      data: Type.Object({}, { additionalProperties: true }),
    },
    'A meta event of Convoy.',
  ),
}

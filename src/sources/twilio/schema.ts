import { Type } from 'typebox'
import { members, presetConfig } from '../preset-schemas.ts'

/** Schemas of the source `twilio`. */
export const twilioSchemas = {
  config: presetConfig,
  body: members(
    { Sid: Type.String(), Timestamp: Type.String(), Payload: Type.String({ description: 'JSON.' }) },
    'An event of the debugger, as a form.',
  ),
}

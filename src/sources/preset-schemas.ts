import { type TProperties, Type } from 'typebox'
import { codes } from './codes.ts'

/** Keeps the bodies of a sender that puts business data or secrets into them. */
const keepBody = Type.Boolean({
  default: false,
  description:
    'Whether the journal keeps the body as received. By default only the values that were read are kept: the body may contain business data and secrets.',
})

/** The keys of a kind of source that reads known events. */
export const presetConfig = { codes, keepBody }

/** The members of a body that are read, for the OpenAPI document; there may be others. */
export const members = (properties: TProperties, description: string) =>
  Type.Object(properties, { additionalProperties: true, description })

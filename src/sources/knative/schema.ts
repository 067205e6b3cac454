import { Type } from 'typebox'
import { presetConfig } from '../preset-schemas.ts'

/** Schemas of the source `knative`. */
export const knativeSchemas = {
  config: presetConfig,
  body: Type.Any({ description: 'A CloudEvent in any mode, with the attributes knativeerror….' }),
}

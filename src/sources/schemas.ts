import { type TProperties, type TSchema, Type } from 'typebox'
import { convoySchemas } from './convoy/schema.ts'
import { genericSchemas } from './generic/schema.ts'
import { knativeSchemas } from './knative/schema.ts'
import { outpostSchemas } from './outpost/schema.ts'
import { presetConfig } from './preset-schemas.ts'
import { pubsubSchemas } from './pubsub/schema.ts'
import { retmSchemas } from './retm/schema.ts'
import type { SourceKind } from './source.ts'
import { FailureNotice } from './standard-webhooks/notice.ts'
import { svixSchemas } from './svix/schema.ts'
import { twilioSchemas } from './twilio/schema.ts'

/** What TypeBox says about a kind of source. */
export interface SourceSchemas {
  /** The keys of its section in the configuration. */
  readonly config: TProperties
  /** What it receives. */
  readonly body: TSchema
}

/** Apart from the kinds: a service with a valid configuration loads neither these nor TypeBox. */
const SCHEMAS: Readonly<Record<string, SourceSchemas>> = {
  retm: retmSchemas,
  generic: genericSchemas,
  'standard-webhooks': { config: presetConfig, body: FailureNotice },
  svix: svixSchemas,
  outpost: outpostSchemas,
  convoy: convoySchemas,
  pubsub: pubsubSchemas,
  knative: knativeSchemas,
  twilio: twilioSchemas,
}

/** The schemas of a kind: listed here, or its own. */
export const schemasOf = ({ kind, config = {}, body }: SourceKind): SourceSchemas =>
  SCHEMAS[kind] ?? { config, body: body.schema ?? Type.Any() }

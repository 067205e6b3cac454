import { type Static, type TSchema, Type } from 'typebox'
import { strict } from '../schema-fields.ts'
import type { NamedSource, SourceConfig } from './named-sources.ts'
import { AdminSection } from './sections/admin.ts'
import { CanarySection } from './sections/canary.ts'
import { EndpointDefaultsSection } from './sections/endpoint-defaults.ts'
import { HooksSection } from './sections/hooks.ts'
import { IncidentsSection } from './sections/incidents.ts'
import { IngestSection } from './sections/ingest.ts'
import { JournalSection } from './sections/journal.ts'
import { MetricsSection } from './sections/metrics.ts'
import { OutboundSection } from './sections/outbound.ts'
import { ProbeSection } from './sections/probe.ts'
import { ProxySection } from './sections/proxy.ts'
import { RecoverySection } from './sections/recovery.ts'
import { SimulationSection } from './sections/simulation.ts'
import { AnySourcesSchema, SourcesSchema, schemaOfSources } from './source-schema.ts'

export type { SecretRef } from './fields.ts'

/**
 * The configuration file, every key with its default and description. It is published as JSON Schema
 * (`--print-config-schema`, docs/config.schema.json) and taken over by the chart's values.schema.json, so it keeps to
 * what JSON Schema draft-07 and 2020-12 share, and to patterns that RE2 can read.
 */

const Endpoint = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$',
      examples: ['orders'],
      description: 'Its name in labels, spans and alerts; unique. `invalid` and `other` are reserved.',
    }),
    event: Type.String({
      maxLength: 100,
      default: '',
      examples: ['order.created'],
      description: 'Events that are sent there, for example order.created.',
    }),
    team: Type.String({ maxLength: 100, default: '', examples: ['shop'], description: 'Who is paged.' }),
    severity: Type.Union([Type.Literal('warning'), Type.Literal('critical')], {
      default: 'critical',
      description: 'Severity of its alerts.',
    }),
    urls: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: 2_048,
        examples: ['https://shop.example/hooks/orders'],
        description: 'A URL, see the README for patterns.',
      }),
      {
        minItems: 1,
        maxItems: 100,
        default: [],
        description:
          'URLs that are this endpoint: exact, with a final /* for everything below, with {name} for any one segment. At least one of urls and refs.',
      },
    ),
    refs: Type.Array(
      Type.String({
        pattern: '^[a-z0-9][a-z0-9_-]{0,49}:[^\\x00-\\x1f]+$',
        maxLength: 2_048,
        examples: ['sender:ep_1'],
        description: 'SOURCE:REF, with the name of a source and what it calls the endpoint.',
      }),
      {
        minItems: 1,
        maxItems: 100,
        default: [],
        description:
          'References that senders without URLs use for this endpoint, each with its source. An endpoint with refs only is not probed unless probe.url is set.',
      },
    ),
    probe: ProbeSection,
  },
  {
    ...strict,
    description: 'A webhook endpoint of yours, with a name.',
    examples: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }],
  },
)

export const ConfigSchema = Type.Object(
  {
    ingest: IngestSection,
    admin: AdminSection,
    sources: SourcesSchema,
    endpoints: Type.Array(Endpoint, {
      maxItems: 500,
      default: [],
      description: 'Your webhook endpoints.',
    }),
    endpointDefaults: EndpointDefaultsSection,
    outbound: OutboundSection,
    incidents: IncidentsSection,
    canary: CanarySection,
    hooks: HooksSection,
    recovery: RecoverySection,
    simulation: SimulationSection,
    proxy: ProxySection,
    metrics: MetricsSection,
    journal: JournalSection,
  },
  {
    ...strict,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'webhook-error-exporter configuration',
    description: 'Configuration file of webhook-error-exporter.',
    default: {},
  },
)

/**
 * The schema of the file as people write it: what has a default may be left out. `ConfigSchema` describes the same
 * document once the defaults are in, which is what types and code want.
 */
export const ConfigFileSchema = withUrlsOrRefs(withoutDefaulted(ConfigSchema))

/** Says what `semanticFaults` checks in its own words. */
function withUrlsOrRefs(schema: TSchema): TSchema {
  const { properties } = schema as TSchema & { properties: { endpoints: { items: object } } }
  const items = { ...properties.endpoints.items, anyOf: [{ required: ['urls'] }, { required: ['refs'] }] }
  return { ...schema, properties: { ...properties, endpoints: { ...properties.endpoints, items } } }
}

/** `ConfigSchema` for a document that names these sources. */
export const configSchemaFor = (named: ReadonlyMap<string, NamedSource>): TSchema =>
  Type.Object({ ...ConfigSchema.properties, sources: schemaOfSources(named) }, { ...strict, default: {} })

/** For documents without `sources`. */
export const sectionsSchema = (): TSchema => {
  const { sources: _, ...sections } = ConfigSchema.properties
  return withoutDefaulted(Type.Object(sections, strict))
}

/**
 * Accepts the sources that `configSchemaFor` accepts. Only whether they are valid can be seen with it: its alternatives would
 * make poor faults.
 */
export const anySourcesSchema = (): TSchema => withoutDefaulted(AnySourcesSchema)

/** The same schema for a document before its defaults are filled in. */
export function withoutDefaulted(schema: TSchema): TSchema {
  const { properties, required, items, ...rest } = schema as TSchema & {
    properties?: Record<string, TSchema & { default?: unknown }>
    required?: string[]
    items?: TSchema
    anyOf?: TSchema[]
    additionalProperties?: TSchema | boolean
  }
  const needed = required?.filter((key) => properties?.[key]?.default === undefined)
  return {
    ...rest,
    ...(needed?.length ? { required: needed } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, withoutDefaulted(value)]),
          ),
        }
      : {}),
    ...(items ? { items: withoutDefaulted(items) } : {}),
    ...(rest.anyOf ? { anyOf: rest.anyOf.map(withoutDefaulted) } : {}),
    ...(typeof rest.additionalProperties === 'object'
      ? { additionalProperties: withoutDefaulted(rest.additionalProperties) }
      : {}),
  }
}

/** The configuration as the program uses it: every default filled in, durations in milliseconds, sizes in bytes. */
export type Config = Static<typeof ConfigSchema>
export type { SourceConfig }

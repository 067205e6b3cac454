import { type Static, type TSchema, Type } from 'typebox'
import { CAUSES } from '../domain/cause.ts'
import { object, path, strict, variable } from '../schema-fields.ts'
import { formatDuration, formatSize } from '../units.ts'
import { AdminSection } from './sections/admin.ts'
import { CanarySection } from './sections/canary.ts'
import { IncidentsSection } from './sections/incidents.ts'
import { IngestSection } from './sections/ingest.ts'
import { JournalSection } from './sections/journal.ts'
import { MetricsSection } from './sections/metrics.ts'
import { OutboundSection } from './sections/outbound.ts'
import { ProbeSection } from './sections/probe.ts'

export type { SecretRef } from './fields.ts'

/**
 * The configuration file, every key with its default and description. It is published as JSON Schema
 * (`--print-config-schema`, docs/config.schema.json) and taken over by the chart's values.schema.json, so it keeps to
 * what JSON Schema draft-07 and 2020-12 share, and to patterns that RE2 can read.
 */

export const TENANT_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'
const tenant = Type.String({
  pattern: TENANT_PATTERN,
  examples: ['burger-house'],
  description:
    'Name of the merchant or customer whose token it is: letters, digits, dot, underscore, hyphen; at most 100.',
})

const RetmSource = object(
  {
    auth: Type.Union([Type.Literal('bearer'), Type.Literal('none')], {
      default: 'bearer',
      description: 'bearer: every report needs a token. none: the ingest listener is open to whoever reaches it.',
    }),
    tokens: Type.Array(
      Type.Object(
        { tenant, file: Type.Optional(path('File with one token a line.')), env: Type.Optional(variable) },
        {
          ...strict,
          minProperties: 2,
          maxProperties: 2,
          description: 'Tokens of one tenant, in a file or an environment variable.',
        },
      ),
      { maxItems: 10_000, default: [], description: 'Bearer tokens; a tenant may have several at once, for rotation.' },
    ),
    tokensDir: Type.Optional(
      path(
        'Folder of token files, such as a mounted Secret: the file’s name is the tenant, each line a token. It may appear later.',
        '/secrets/retm',
      ),
    ),
    codes: object(
      {
        meaning: Type.Optional(
          Type.Union([Type.Literal('http'), Type.Literal('curl'), Type.Literal('errno'), Type.Literal('own')], {
            description:
              'What its numbers are: HTTP statuses, libcurl results, errno of either sign, or its own. Without it the text and the number’s range decide.',
          }),
        ),
        own: Type.Record(Type.String({ pattern: '^-?[0-9]{1,10}$' }), Type.Enum([...CAUSES]), {
          default: {},
          additionalProperties: false,
          description: 'Causes of numbers of its own, by the number: {"1001": timeout}.',
        }),
      },
      'How the numbers in its reports are to be read.',
    ),
  },
  'RETM, the restaurant platform.',
)

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
      description: 'Which events are sent there, for example order.created.',
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
        description:
          'URLs that are this endpoint: exact, with a final /* for everything below, with {name} for any one segment.',
      },
    ),
    probe: ProbeSection,
  },
  { ...strict, description: 'A webhook endpoint of yours, with a name.' },
)

export const ConfigSchema = Type.Object(
  {
    ingest: IngestSection,
    admin: AdminSection,
    sources: object({ retm: RetmSource }, 'Platforms that send reports.'),
    endpoints: Type.Array(Endpoint, {
      maxItems: 500,
      default: [],
      description: 'Your webhook endpoints.',
    }),
    outbound: OutboundSection,
    incidents: IncidentsSection,
    canary: CanarySection,
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
export const ConfigFileSchema = withoutDefaulted(ConfigSchema)

function withoutDefaulted(schema: TSchema): TSchema {
  const { properties, required, items, ...rest } = schema as TSchema & {
    properties?: Record<string, TSchema & { default?: unknown }>
    required?: string[]
    items?: TSchema
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
  }
}

/** The configuration as the program uses it: every default filled in, durations in milliseconds, sizes in bytes. */
export type Config = Static<typeof ConfigSchema>
export type SourceConfig = Config['sources']['retm']

/** A number of milliseconds or bytes as people write it, by the `x-unit` of its schema. */
export const humanUnit = { duration: formatDuration, size: formatSize } as const

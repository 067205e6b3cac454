import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'
import { DURATION_PATTERN, formatDuration, formatSize, parseDuration, parseSize, SIZE_PATTERN } from './units.ts'

/**
 * The configuration file, every key with its default and description. It is published as JSON Schema
 * (`--print-config-schema`, docs/config.schema.json) and taken over by the chart's values.schema.json, so it keeps to
 * what JSON Schema draft-07 and 2020-12 share, and to patterns that RE2 can read.
 */

/** Durations are milliseconds once read; in the file a text with a unit, or an integer of milliseconds. */
const duration = (fallback: string, min: string, max: string, description: string): TUnsafe<number> =>
  Type.Unsafe<number>({
    anyOf: [
      { type: 'string', pattern: DURATION_PATTERN },
      { type: 'integer', minimum: parseDuration(min), maximum: parseDuration(max) },
    ],
    default: fallback,
    description: `${description} A duration such as 500ms, 30s or 1h30m (an integer counts milliseconds), ${min} to ${max}.`,
    'x-unit': 'duration',
    'x-minimum': parseDuration(min),
    'x-maximum': parseDuration(max),
  })

/** Sizes are bytes once read. */
const size = (fallback: string, min: string, max: string, description: string): TUnsafe<number> =>
  Type.Unsafe<number>({
    anyOf: [
      { type: 'string', pattern: SIZE_PATTERN },
      { type: 'integer', minimum: parseSize(min), maximum: parseSize(max) },
    ],
    default: fallback,
    description: `${description} A size such as 64KiB or 1GiB (an integer counts bytes), ${min} to ${max}.`,
    'x-unit': 'size',
    'x-minimum': parseSize(min),
    'x-maximum': parseSize(max),
  })

const strict = { additionalProperties: false } as const
const object = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Object(properties, { ...strict, default: {}, description })
const host = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 255,
    default: '127.0.0.1',
    description: `${description} 0.0.0.0 or :: for all.`,
  })
const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description: `${description} 0 takes a free one.` })

const path = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
const variable = Type.String({
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  maxLength: 255,
  description: 'Name of the environment variable that holds the secret.',
})
/** Where a secret is: exactly one of a file (read again when its content changes) and an environment variable. */
const secret = (description: string) =>
  Type.Object(
    {
      file: Type.Optional(path('File that holds the secret; white space at its ends is ignored.')),
      env: Type.Optional(variable),
    },
    { ...strict, minProperties: 1, maxProperties: 1, description: `${description} Either file or env.` },
  )
export type SecretRef = { readonly file?: string; readonly env?: string }

export const TENANT_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'
const tenant = Type.String({
  pattern: TENANT_PATTERN,
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
      ),
    ),
  },
  'RETM, the restaurant platform.',
)

const Endpoint = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$',
      description: 'Its name in labels, spans and alerts; unique. `invalid` and `other` are reserved.',
    }),
    event: Type.String({
      maxLength: 100,
      default: '',
      description: 'Which notifications go there, for example order.created.',
    }),
    team: Type.String({ maxLength: 100, default: '', description: 'Who is paged.' }),
    severity: Type.Union([Type.Literal('warning'), Type.Literal('critical')], {
      default: 'critical',
      description: 'Severity of its alerts.',
    }),
    urls: Type.Array(
      Type.String({ minLength: 1, maxLength: 2_048, description: 'A URL, see the README for patterns.' }),
      {
        minItems: 1,
        maxItems: 100,
        description:
          'URLs that are this endpoint: exact, with a final /* for everything below, with {name} for any one segment.',
      },
    ),
  },
  { ...strict, description: 'A webhook URL of yours that has a name.' },
)

export const ConfigSchema = Type.Object(
  {
    ingest: object(
      {
        host: host('Address that takes reports.'),
        port: port(8080, 'Port that takes reports.'),
        bodyLimit: size('64KiB', '1KiB', '1MiB', 'Largest report accepted.'),
        answerTimeout: duration('900ms', '10ms', '1m', 'What is not known to be durable by then is answered 503.'),
      },
      'The listener that the platform reaches.',
    ),
    admin: object(
      {
        host: host('Address of the private listener.'),
        port: port(9464, 'Port of the private listener.'),
        apiToken: Type.Optional(secret('Bearer token for the API and the landing page.')),
        metricsToken: Type.Optional(secret('Bearer token for /metrics.')),
        externalUrl: Type.Optional(
          Type.String({
            pattern: '^https?://[^\\s?#]+$',
            maxLength: 2_048,
            description: 'URL under which people reach the admin listener; makes links.',
          }),
        ),
      },
      'The private listener: metrics, health, API.',
    ),
    sources: object({ retm: RetmSource }, 'Platforms that send reports.'),
    endpoints: Type.Array(Endpoint, {
      maxItems: 500,
      default: [],
      description: 'Webhook URLs of yours that have names.',
    }),
    metrics: object(
      {
        seriesLimit: Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 2_000,
          description: 'Most label sets of webhook_delivery_failures_total.',
        }),
        tenantLabel: Type.Boolean({ default: false, description: 'Whether failures are counted by tenant too.' }),
      },
      'What /metrics shows.',
    ),
    journal: object(
      {
        url: Type.String({
          pattern: '^(sqlite:.+|postgres(ql)?://.+)$',
          maxLength: 4_096,
          default: 'sqlite:./data/journal.db',
          description: 'sqlite:PATH, relative to the working directory.',
        }),
        retention: object(
          {
            age: duration('30d', '1m', '520w', 'Older failures are removed.'),
            size: size('1GiB', '1MiB', '16TiB', 'Above this size of the journal the oldest failures are removed.'),
          },
          'How much the journal keeps.',
        ),
      },
      'The durable store of failures.',
    ),
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
export type EndpointConfig = Config['endpoints'][number]
export type SourceConfig = Config['sources']['retm']

export const humanUnit = { duration: formatDuration, size: formatSize } as const

import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'
import { object, path, strict, variable } from '../schema-fields.ts'
import type { SourceKind } from '../sources/source.ts'
import { DURATION_PATTERN, formatDuration, formatSize, parseDuration, parseSize, SIZE_PATTERN } from '../units.ts'
import { type SourceConfig, SourcesSchema, schemaOfSources } from './source-schema.ts'

/**
 * The configuration file, every key with its default and description. It is published as JSON Schema
 * (`--print-config-schema`, docs/config.schema.json) and taken over by the chart's values.schema.json, so it keeps to
 * what JSON Schema draft-07 and 2020-12 share, and to patterns that RE2 can read.
 */

/** Durations are milliseconds once read; in the file a text with a unit, or an integer of milliseconds. */
const duration = (fallback: string | undefined, min: string, max: string, description: string): TUnsafe<number> =>
  Type.Unsafe<number>({
    anyOf: [
      { type: 'string', pattern: DURATION_PATTERN },
      { type: 'integer', minimum: parseDuration(min), maximum: parseDuration(max) },
    ],
    ...(fallback === undefined ? {} : { default: fallback }),
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

const host = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 255,
    default: '127.0.0.1',
    description: `${description} 0.0.0.0 or :: for all.`,
  })
const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description: `${description} 0 takes a free one.` })

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

const probeUrl = (description: string, example: string) =>
  Type.String({ pattern: '^https?://[^\\s#]+$', maxLength: 2_048, description, examples: [example] })

const Probe = object(
  {
    url: Type.Optional(
      probeUrl(
        'What is probed, as the platform reaches it. By default the only URL of `urls`, where that one is exact.',
        'https://shop.example/hooks/orders',
      ),
    ),
    internalUrl: Type.Optional(
      probeUrl(
        'The application behind it, probed too. It is leave to connect to that host and port, were they private; never to link-local or metadata addresses.',
        'http://shop.shop.svc/hooks/orders',
      ),
    ),
    interval: Type.Optional(
      duration(
        undefined,
        '10s',
        '1d',
        'Probe it regularly, too. Without it only failures and open incidents cause probes.',
      ),
    ),
    method: Type.Optional(
      Type.Union([Type.Literal('HEAD'), Type.Literal('OPTIONS'), Type.Literal('GET')], {
        description: 'Only this method. By default HEAD, then OPTIONS where HEAD is answered 404, 405 or 501.',
      }),
    ),
    expect: Type.Optional(
      Type.Array(
        Type.Union(
          [Type.Integer({ minimum: 100, maximum: 599 }), Type.String({ pattern: '^[1-5]xx$', examples: ['2xx'] })],
          {
            description: 'A status such as 204, or a class such as 2xx.',
          },
        ),
        {
          minItems: 1,
          maxItems: 50,
          description:
            'Statuses that count as up, and no others. By default 2xx and 4xx, but for 407, 408, 410, 429 (and 404 to a configured method).',
        },
      ),
    ),
    headers: Type.Array(
      Type.Object(
        {
          name: Type.String({
            examples: ['Authorization'],
            pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
            description: 'Name of the request header.',
          }),
          file: Type.Optional(path('File that holds its value; white space at its ends is ignored.')),
          env: Type.Optional(variable),
        },
        {
          ...strict,
          minProperties: 2,
          maxProperties: 2,
          description: 'One header; its value from either file or env.',
        },
      ),
      { maxItems: 20, default: [], description: 'Headers that each probe sends.' },
    ),
    caFile: Type.Optional(path('PEM file of the authorities to trust, instead of the usual ones.', '/etc/ssl/ca.pem')),
    certFile: Type.Optional(
      path('PEM file of the client certificate that the endpoint wants.', '/secrets/tls/tls.crt'),
    ),
    keyFile: Type.Optional(path('PEM file of its private key.', '/secrets/tls/tls.key')),
    timeout: duration('10s', '100ms', '1m', 'For a whole probe, from the name to the answer.'),
    onReport: Type.Boolean({
      default: true,
      description: 'Whether a failure of the endpoint causes a probe, at most one in ten seconds.',
    }),
  },
  'How the endpoint is looked at from here. A probe never sends a POST.',
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
      description: 'Which notifications go there, for example order.created.',
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
          'What senders that name no URL call this endpoint, each with its source. Without probe.url an endpoint that has only refs is not probed.',
      },
    ),
    probe: Probe,
  },
  {
    ...strict,
    description: 'A webhook URL of yours that has a name.',
    examples: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }],
  },
)

export const ConfigSchema = Type.Object(
  {
    ingest: object(
      {
        host: host('Address that takes reports.'),
        port: port(8080, 'Port that takes reports.'),
        bodyLimit: size('64KiB', '1KiB', '1MiB', 'Largest report accepted.'),
        answerTimeout: duration('900ms', '10ms', '1m', 'What is not known to be durable by then is answered 503.'),
        keepAliveTimeout: duration(
          '75s',
          '1s',
          '1d',
          'How long an idle connection stays open. Keep it above the idle timeout of the proxy in front, see docs/proxies.md.',
        ),
      },
      'The listener that the platform reaches.',
    ),
    admin: object(
      {
        host: host('Address of the private listener.'),
        port: port(9464, 'Port of the private listener.'),
        apiToken: Type.Optional(secret('Bearer token for the API and the landing page; at least 32 characters.')),
        metricsToken: Type.Optional(secret('Bearer token for /metrics; at least 32 characters.')),
        externalUrl: Type.Optional(
          Type.String({
            pattern: '^https?://[^\\s?#@]+$',
            maxLength: 2_048,
            examples: ['https://ops.example/webhooks'],
            description: 'URL under which people reach the admin listener, without a password; makes links.',
          }),
        ),
        allowedHosts: Type.Array(
          Type.String({
            pattern: '^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$',
            maxLength: 253,
            description: 'A host name without scheme and port, for example exporter.example.com.',
          }),
          {
            maxItems: 100,
            default: [],
            description:
              'Hosts for which the admin listener answers, besides addresses, names of one label, localhost, names that end in .localhost, .svc or .cluster.local, and the host of externalUrl. Any other Host is answered 421.',
          },
        ),
      },
      'The private listener: metrics, health, API.',
    ),
    sources: SourcesSchema,
    endpoints: Type.Array(Endpoint, {
      maxItems: 500,
      default: [],
      description: 'Webhook URLs of yours that have names.',
    }),
    outbound: object(
      {
        allow: Type.Array(
          Type.String({
            minLength: 1,
            maxLength: 300,
            examples: ['10.0.0.0/8'],
            description: 'An address, a network such as 10.0.0.0/8, a host name, address:port, or host:port.',
          }),
          {
            maxItems: 1_000,
            default: [],
            description:
              'Leave to connect to addresses that are not public. Metadata services need their very address here, link-local ones a network within 169.254.0.0/16 or fe80::/10.',
          },
        ),
        reference: Type.Optional(
          probeUrl(
            'A URL outside that answers reliably, reached the same way as the endpoints. It is requested (HEAD) only when a probe resolved or reached nothing and nothing else outside answered in the last 3 minutes, at most every 15 seconds: if it answers, the probe counts against the endpoint. Naming it permits that host and port.',
            'https://status.example/',
          ),
        ),
      },
      'Where probes may connect to besides public addresses, and how this receiver knows that it has egress.',
    ),
    incidents: object(
      {
        quietTime: duration(
          '30m',
          '1s',
          '1w',
          'Time without a report before an incident may close, and after closing in which a failure opens it again.',
        ),
        goodProbes: Type.Integer({
          minimum: 1,
          maximum: 100,
          default: 3,
          description: 'Good probes in a row that prove a recovery.',
        }),
        failedProbes: Type.Integer({
          minimum: 0,
          maximum: 100,
          default: 0,
          description: 'Failed scheduled probes in a row that open an incident without any report; 0 for never.',
        }),
      },
      'When an incident closes, and what opens one.',
    ),
    canary: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: '^https?://[^\\s?#@]+$',
            maxLength: 2_048,
            examples: ['https://errors.shop.example/webhooks/error'],
            description:
              'Public URL of the error webhook, as the platform reaches it: https://errors.shop.example/webhooks/error.',
          }),
          interval: duration('1m', '1s', '1d', 'Time between two canaries.'),
          token: Type.Optional(
            secret('One of the bearer tokens that the ingest listener takes. Leave it out where none is needed.'),
          ),
          secret: secret('Secret that signs canaries; the same in every replica; at least 32 characters.'),
        },
        {
          ...strict,
          description:
            'A report that the service sends itself through its public URL, since silence is not health. Off when left out.',
        },
      ),
    ),
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
          description:
            'sqlite:PATH, relative to the working directory; or postgres://USER@HOST:PORT/DATABASE, which several replicas may share, see docs/postgresql.md.',
        }),
        passwordFile: Type.Optional(
          path(
            'File that holds the password for PostgreSQL; read at each connection, so that it may be rotated.',
            '/secrets/postgresql/password',
          ),
        ),
        allowUnsafeDurability: Type.Boolean({
          default: false,
          description:
            'Whether a PostgreSQL server with fsync = off or synchronous_commit = off is accepted, with which acknowledged reports can be lost.',
        }),
        spill: Type.Optional(
          Type.Object(
            {
              path: path('The SQLite file; on a volume that outlives the pod.', '/data/spill.db'),
              size: size('256MiB', '1MiB', '16TiB', 'A larger file takes nothing more.'),
            },
            {
              ...strict,
              description:
                'Takes reports into a local file while PostgreSQL is away, and moves them on when it is back. Off unless written.',
            },
          ),
        ),
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
export const ConfigFileSchema = withUrlsOrRefs(withoutDefaulted(ConfigSchema))

/** Says what `semanticFaults` checks in words of its own. */
function withUrlsOrRefs(schema: TSchema): TSchema {
  const { properties } = schema as TSchema & { properties: { endpoints: { items: object } } }
  const items = { ...properties.endpoints.items, anyOf: [{ required: ['urls'] }, { required: ['refs'] }] }
  return { ...schema, properties: { ...properties, endpoints: { ...properties.endpoints, items } } }
}

/** `ConfigSchema` for a document that names these sources. */
export const configSchemaFor = (named: ReadonlyMap<string, SourceKind>): TSchema =>
  Type.Object({ ...ConfigSchema.properties, sources: schemaOfSources(named) }, { ...strict, default: {} })

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

/** A number of milliseconds or bytes as people write it, by the `x-unit` of its schema. */
export const humanUnit = { duration: formatDuration, size: formatSize } as const

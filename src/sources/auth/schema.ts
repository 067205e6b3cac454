import { type TSchema, Type } from 'typebox'
import { duration, path, size, strict, variable } from '../../schema-fields.ts'
import { TENANT_PATTERN } from '../tenant.ts'
import { AUTH_KINDS, type AuthDefault, type AuthKind } from './config.ts'

/** Schemas of the keys by which senders authenticate; `config.ts` has the same as types. */

const tenant = Type.String({
  pattern: TENANT_PATTERN,
  examples: ['burger-house'],
  description:
    'Name of the merchant or customer whose credential it is: letters, digits, dot, underscore, hyphen; at most 100.',
})
const headerName = (description: string, fallback?: string) =>
  Type.String({
    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
    examples: ['X-Signature'],
    description,
    ...(fallback !== undefined && { default: fallback }),
  })
const url = (description: string, example: string) =>
  Type.String({ pattern: '^https?://[^\\s#]+$', maxLength: 2_048, examples: [example], description })

const tokens = Type.Array(
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
)
const secrets = Type.Array(
  Type.Object(
    {
      tenant: Type.Optional(tenant),
      file: Type.Optional(path('File with one secret a line.', '/secrets/sender/secret')),
      env: Type.Optional(variable),
    },
    {
      ...strict,
      minProperties: 1,
      maxProperties: 2,
      description: 'Secrets in a file or an environment variable, with their tenant where several share the source.',
    },
  ),
  {
    maxItems: 100,
    default: [],
    description: 'Secrets of the configured auth (not bearer tokens); several may be valid at once, for rotation.',
  },
)

const kind = (name: AuthKind) => Type.Literal(name, { description: 'How senders authenticate.' })
const tolerance = duration('5m', '1s', '1h', 'How far a signed timestamp may be from the clock, before or after.')
const text = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 2_048, examples: [example], description })
const texts = (description: string, example: string) =>
  Type.Array(text('One of them.', example), { minItems: 1, maxItems: 1_000, description })

/** The keys below `auth`, by its kind. Defaults of a kind of source are laid over them. */
const KEYS: Readonly<Record<AuthKind, Readonly<Record<string, TSchema>>>> = {
  hmac: {
    header: headerName('Header that carries the signature, or the secret itself.'),
    prefix: Type.String({
      maxLength: 50,
      default: '',
      examples: ['sha256='],
      description: 'What stands before the signature.',
    }),
    algorithm: Type.Union([Type.Literal('sha1'), Type.Literal('sha256'), Type.Literal('sha512')], {
      default: 'sha256',
      description: 'Hash of the HMAC.',
    }),
    encoding: Type.Union([Type.Literal('hex'), Type.Literal('base64')], {
      default: 'hex',
      description: 'How the signature is written.',
    }),
    signed: Type.String({
      minLength: 1,
      maxLength: 200,
      default: 'body',
      examples: ['{timestamp}.{body}'],
      description: 'What is signed: body, or a template of {id}, {timestamp} and {body}.',
    }),
    timestampHeader: Type.Optional(
      headerName('Header of {timestamp}, in seconds since the epoch. Without it, the item t= of the signature header.'),
    ),
    idHeader: headerName('Header of {id}.', 'webhook-id'),
    tolerance,
    secrets,
  },
  'standard-webhooks': { tolerance },
  twilio: {
    keys: Type.Array(
      Type.Object(
        {
          id: Type.String({
            pattern: TENANT_PATTERN,
            examples: ['webhooks_sharedkey_01'],
            description: 'Id of the shared key, as the signature settings header names it.',
          }),
          algorithm: Type.Union([Type.Literal('HMAC_SHA1'), Type.Literal('HMAC_SHA256')], {
            default: 'HMAC_SHA256',
            description: 'The only algorithm that is accepted with it.',
          }),
          file: Type.Optional(path('File that holds the key’s secret.', '/secrets/sender/key')),
          env: Type.Optional(variable),
        },
        { ...strict, description: 'A shared key, in a file or an environment variable.' },
      ),
      {
        maxItems: 20,
        default: [],
        description: 'Shared keys that the signature settings header may name. Without them that header is rejected.',
      },
    ),
  },
  basic: {},
  header: { header: headerName('Header that carries the signature, or the secret itself.') },
  oidc: {
    issuer: text('Claim iss of the tokens, exactly.', 'https://issuer.example'),
    audience: text('Claim aud that the tokens must have.', 'https://errors.example/webhooks/sender'),
    jwksUrl: url(
      'Where the issuer publishes its keys. A private address needs outbound.allow.',
      'https://issuer.example/jwks.json',
    ),
    caFile: Type.Optional(
      path('PEM file of the authorities to trust for jwksUrl, instead of the usual ones.', '/secrets/ca.crt'),
    ),
    tokenFile: Type.Optional(
      path('File with a bearer token to send to jwksUrl.', '/var/run/secrets/kubernetes.io/serviceaccount/token'),
    ),
    subjects: Type.Optional(
      texts(
        'Claims sub that may send. This or emails is needed: any account of the issuer gets a token.',
        'system:serviceaccount:default:sender',
      ),
    ),
    emails: Type.Optional(
      texts(
        'Claims email that may send, only with email_verified. This or subjects is needed.',
        'push@project.iam.gserviceaccount.com',
      ),
    ),
  },
}

const words = (fallback: AuthDefault) =>
  Type.Union([Type.Literal('none'), Type.Literal('bearer')], {
    ...(typeof fallback === 'string' && { default: fallback }),
    description: `bearer: every report needs a token. none: the ingest listener is open to anyone who reaches it. Or a mapping with kind: ${AUTH_KINDS.join(', ')}.`,
  })

/** One kind of `auth`, with what the kind of source presets. */
function mapping(name: AuthKind, fallback: AuthDefault): TSchema {
  const preset = typeof fallback === 'object' && fallback.kind === name ? fallback : undefined
  const keys = Object.entries(KEYS[name]).map(([key, schema]) => {
    const value = preset?.[key]
    return [key, value === undefined ? schema : { ...schema, default: value }]
  })
  return Type.Object(
    { kind: preset ? { ...kind(name), default: name } : kind(name), ...Object.fromEntries(keys) },
    { ...strict, description: 'How senders authenticate.', ...(preset && { default: {} }) },
  )
}

/** The keys of every kind in one mapping: alternatives for each kind would make the published schema ten times as long. */
const anyMapping: TSchema = Type.Object(
  {
    kind: Type.Union(
      AUTH_KINDS.map((name) => Type.Literal(name)),
      { description: 'How senders authenticate; it decides which of the other keys there are.' },
    ),
    ...Object.fromEntries(
      Object.entries(Object.assign({}, ...Object.values(KEYS)) as Record<string, TSchema>).map(([key, schema]) => {
        const { default: _, ...rest } = schema as TSchema & { default?: unknown }
        return [key, Type.Optional(rest as TSchema)]
      }),
    ),
  },
  { ...strict, description: 'How senders authenticate.' },
)

/**
 * The same without its keys, for the sections of the kinds: those of a source under another name have all of them. A kind of source
 * that presets a mapping presets its `kind`, too.
 */
function briefMapping(fallback: AuthDefault): TSchema {
  const kind = Type.Union(
    AUTH_KINDS.map((name) => Type.Literal(name)),
    { description: 'How senders authenticate.' },
  )
  return Type.Object(
    { kind: typeof fallback === 'object' ? Type.Optional(kind) : kind },
    { description: 'How senders authenticate.' },
  )
}

/** `auth` as it is published. */
const published = (fallback: AuthDefault, isBrief: boolean): TSchema =>
  ({
    anyOf: [{ const: 'none' }, { const: 'bearer' }, isBrief ? briefMapping(fallback) : anyMapping],
    default: fallback,
    description: `How senders authenticate: none, bearer, or a mapping with kind: ${AUTH_KINDS.join(', ')}. bearer: every report needs a token. none: the ingest listener is open to anyone who reaches it.`,
  }) as unknown as TSchema

/** `auth` for what a document says: without alternatives, so that each fault can name its key. */
function chosen(written: unknown, fallback: AuthDefault): TSchema {
  if (typeof written !== 'object' || written === null)
    return typeof fallback === 'object' && (written ?? undefined) === undefined
      ? mapping(fallback.kind, fallback)
      : words(fallback)
  const given = (written as { kind?: unknown }).kind ?? (typeof fallback === 'object' ? fallback.kind : undefined)
  if (Array.isArray(written) || given === undefined) return words(fallback)
  const name = AUTH_KINDS.find((each) => each === given)
  if (name) return mapping(name, fallback)
  return Type.Object({
    kind: Type.Union(
      AUTH_KINDS.map((each) => Type.Literal(each)),
      { description: 'How senders authenticate.' },
    ),
  })
}

/**
 * The keys by which the senders of a source authenticate, and `bodyLimit`.
 * @param fallback the kind's own `auth`
 * @param written the source as a document has it; or the schema is published, with every alternative or briefly
 */
export const authProperties = (
  fallback: AuthDefault,
  example: string,
  written: object | 'published' | 'brief',
): Record<string, TSchema> => ({
  auth:
    typeof written === 'string'
      ? published(fallback, written === 'brief')
      : chosen((written as { auth?: unknown }).auth, fallback),
  tokens,
  tokensDir: Type.Optional(
    path(
      'Folder of token files, such as a mounted Secret: the file’s name is the tenant, each line a token. It may appear later.',
      example,
    ),
  ),
  secrets,
  secretsDir: Type.Optional(
    path(
      'Folder of secret files, such as a mounted Secret: the file’s name is the tenant, each line a secret. It may appear later.',
      example,
    ),
  ),
  url: Type.Optional(
    url(
      'URL of this source as it is configured at the sender, with its query; part of what some senders sign.',
      'https://errors.example/webhooks/sender',
    ),
  ),
  bodyLimit: Type.Optional(size(undefined, '1KiB', '4MiB', 'Largest body accepted.')),
})

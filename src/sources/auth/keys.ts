import { type TSchema, Type } from 'typebox'
import { duration, path, strict, variable } from '../../schema-fields.ts'
import { TENANT_PATTERN } from '../tenant.ts'
import type { AuthKind } from './config.ts'

const tenant = Type.String({
  pattern: TENANT_PATTERN,
  examples: ['burger-house'],
  description:
    'Name of the merchant or customer that the credential belongs to: letters, digits, dot, underscore, hyphen; at most 100.',
})
export const headerName = (description: string, fallback?: string) =>
  Type.String({
    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
    examples: ['X-Signature'],
    description,
    ...(fallback !== undefined && { default: fallback }),
  })
/** An http(s) URL. */
export const url = (description: string, example: string) =>
  Type.String({ pattern: '^https?://[^\\s#]+$', maxLength: 2_048, examples: [example], description })

/** The key `tokens` of a source. */
export const tokens = Type.Array(
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
/** The key `secrets` of a source and of `hmac`. */
export const secrets = Type.Array(
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

const tolerance = duration('5m', '1s', '1h', 'How far a signed timestamp may be from the clock, before or after.')
const text = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 2_048, examples: [example], description })
const texts = (description: string, example: string) =>
  Type.Array(text('One of them.', example), { minItems: 1, maxItems: 1_000, description })

/** How an HMAC is made, but for its header and secrets. */
export const HMAC_KEYS = {
  prefix: Type.String({
    maxLength: 50,
    default: '',
    examples: ['sha256='],
    description: 'Prefix of the signature, for example sha256=.',
  }),
  algorithm: Type.Union([Type.Literal('sha1'), Type.Literal('sha256'), Type.Literal('sha512')], {
    default: 'sha256',
    description: 'Hash of the HMAC.',
  }),
  encoding: Type.Union([Type.Literal('hex'), Type.Literal('base64')], {
    default: 'hex',
    description: 'Encoding of the signature.',
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
}

/** The keys below `auth`, by its kind. Defaults of a kind of source are laid over them. */
export const KEYS: Readonly<Record<AuthKind, Readonly<Record<string, TSchema>>>> = {
  hmac: {
    header: headerName('Header that carries the signature, or the secret itself.'),
    ...HMAC_KEYS,
    secrets,
    unsignedHeaders: Type.Array(headerName('A header that is not signed.'), {
      maxItems: 20,
      default: [],
      description:
        'Headers that map may read although the signature does not cover them: whoever captured a report can send it again with other values. An id from one of them protects from no replay.',
    }),
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

import { type Static, Type } from 'typebox'
import { path, strict, variable } from '../schema-fields.ts'

export const TENANT_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'
const tenant = Type.String({
  pattern: TENANT_PATTERN,
  examples: ['burger-house'],
  description:
    'Name of the merchant or customer whose token it is: letters, digits, dot, underscore, hyphen; at most 100.',
})

/** The keys of a source whose senders authenticate with a bearer token (RFC 6750). */
export const bearerProperties = (example: string) => ({
  auth: Type.Union([Type.Literal('bearer'), Type.Literal('none')], {
    default: 'bearer',
    description: 'bearer: every report needs a token. none: the ingest listener is open to anyone who reaches it.',
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
      example,
    ),
  ),
})

const BearerConfig = Type.Object(bearerProperties(''))
export type BearerConfig = Static<typeof BearerConfig>

/** Whether a source's configuration has the keys of `bearerProperties`. */
export const hasBearerConfig = <C extends object>(config: C): config is C & BearerConfig =>
  'auth' in config && 'tokens' in config

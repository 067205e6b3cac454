import { type TSchema, Type } from 'typebox'
import { path, size, strict } from '../../schema-fields.ts'
import { AUTH_KINDS, type AuthDefault, type AuthKind, authForm } from './config.ts'
import { KEYS, secrets, tokens, url } from './keys.ts'

/** Schemas of the keys by which senders authenticate; `config.ts` has the same as types. */

const kind = (name: AuthKind) => Type.Literal(name, { description: 'How senders authenticate.' })
const words = (fallback: AuthDefault) =>
  Type.Union([Type.Literal('none'), Type.Literal('bearer')], {
    ...(typeof fallback === 'string' && { default: fallback }),
    description: `bearer: every report needs a token. none: the ingest listener is open to anyone who reaches it. Or a mapping with kind: ${AUTH_KINDS.join(', ')}.`,
  })

/** One kind of `auth`, with what the kind of source presets. */
export function mapping(name: AuthKind, fallback: AuthDefault): TSchema {
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
  const form = authForm(written, fallback)
  if (form === 'word') return words(fallback)
  if (form !== 'unknown') return mapping(form, fallback)
  return Type.Object({
    kind: Type.Union(
      AUTH_KINDS.map((each) => Type.Literal(each)),
      { description: 'How senders authenticate.' },
    ),
  })
}

/** All forms of `auth`; never missing from a document with its defaults. */
const anyForm = (fallback: AuthDefault): TSchema =>
  Type.Union([words(fallback), ...AUTH_KINDS.map((name) => mapping(name, fallback))], { default: fallback })

/** What the schema is for: a document as it is written, every valid document, or publication with every alternative or briefly. */
export type Written = object | 'any' | 'published' | 'brief'

function authSchema(written: Written, fallback: AuthDefault): TSchema {
  if (written === 'any') return anyForm(fallback)
  return typeof written === 'string'
    ? published(fallback, written === 'brief')
    : chosen((written as { auth?: unknown }).auth, fallback)
}

/**
 * The keys by which the senders of a source authenticate, and `bodyLimit`.
 * @param fallback the kind's own `auth`
 */
export const authProperties = (fallback: AuthDefault, example: string, written: Written): Record<string, TSchema> => ({
  auth: authSchema(written, fallback),
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
  trusted: Type.Boolean({
    default: false,
    description:
      'Whether its credentials may report for any tenant: the tenant that a report names then counts, not that of the credential.',
  }),
  bodyLimit: Type.Optional(size(undefined, '1KiB', '4MiB', 'Largest body accepted.')),
})

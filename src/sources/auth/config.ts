import type { IncomingHttpHeaders } from 'node:http'
import type { ReplayProtection } from '../../domain/report/signal.ts'
import type { HmacScheme } from '../../signature/hmac.ts'

/** Kinds of `auth` that have their own keys. */
export const AUTH_KINDS = ['hmac', 'standard-webhooks', 'twilio', 'basic', 'header', 'oidc'] as const
export type AuthKind = (typeof AUTH_KINDS)[number]

/** What a kind of source presets: a word, or a kind of `auth` with some of its keys. */
export type AuthDefault = 'none' | 'bearer' | ({ readonly kind: AuthKind } & Readonly<Record<string, unknown>>)

/** Where secrets are. */
export interface SecretPlace {
  readonly tenant?: string
  readonly file?: string
  readonly env?: string
}

export interface HmacAuth extends HmacScheme {
  readonly kind: 'hmac'
  readonly idHeader: string
  /** Milliseconds. */
  readonly tolerance: number
  readonly secrets: readonly SecretPlace[]
  /** Headers that may be read although they are not signed. */
  readonly unsignedHeaders: readonly string[]
}
export interface StandardWebhooksAuth {
  readonly kind: 'standard-webhooks'
  /** Milliseconds. */
  readonly tolerance: number
}
export interface TwilioAuth {
  readonly kind: 'twilio'
  readonly keys: readonly (SecretPlace & { readonly id: string; readonly algorithm: 'HMAC_SHA1' | 'HMAC_SHA256' })[]
}
export interface OidcAuth {
  readonly kind: 'oidc'
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  readonly caFile?: string
  readonly tokenFile?: string
  readonly subjects?: readonly string[]
  readonly emails?: readonly string[]
}
export type Auth =
  | 'none'
  | 'bearer'
  | HmacAuth
  | StandardWebhooksAuth
  | TwilioAuth
  | { readonly kind: 'basic' }
  | { readonly kind: 'header'; readonly header: string }
  | OidcAuth

/** The keys of `authProperties`, as a configuration has them. */
export interface AuthConfig {
  readonly auth: Auth
  readonly tokens: readonly (SecretPlace & { readonly tenant: string })[]
  readonly tokensDir?: string
  readonly secrets: readonly SecretPlace[]
  readonly secretsDir?: string
  /** As configured at the sender. */
  readonly url?: string
  /** Whether the tenant that a report names counts, not that of the credential. */
  readonly trusted: boolean
  /** Bytes. */
  readonly bodyLimit?: number
}

/** Whether a source's configuration has the keys of `authProperties`. */
export const hasAuth = <C extends object>(config: C): config is C & AuthConfig => 'auth' in config && 'tokens' in config

/** A source's secrets, those of its `auth` among them. */
export const secretPlaces = ({ auth, secrets }: AuthConfig): readonly SecretPlace[] =>
  typeof auth === 'object' && auth.kind === 'hmac' ? [...secrets, ...(auth.secrets ?? [])] : secrets

/** Whether its credentials belong to tenants, for which alone they speak. */
export function hasTenants(config: AuthConfig): boolean {
  const { auth, tokens, tokensDir, secretsDir } = config
  if (auth === 'none' || (typeof auth === 'object' && auth.kind === 'oidc')) return false
  if (auth === 'bearer') return tokens.length > 0 || tokensDir !== undefined
  return secretsDir !== undefined || secretPlaces(config).some(({ tenant }) => tenant !== undefined)
}

/** Kinds of `auth` that read `secrets` and `secretsDir`. */
export type SecretAuth = Exclude<Auth, 'none' | 'bearer' | { kind: 'oidc' }>

/**
 * The headers that a source may read, in lower case: those that the signature covers, and those that the configuration allows
 * unsigned. undefined: every header, since its requests carry no signature.
 */
export function readableHeaders(auth: Auth): readonly string[] | undefined {
  if (typeof auth === 'string') return undefined
  if (auth.kind === 'standard-webhooks') return ['webhook-id', 'webhook-timestamp', 'svix-id', 'svix-timestamp']
  if (auth.kind === 'twilio') return []
  if (auth.kind !== 'hmac') return undefined
  const { signed, idHeader, timestampHeader, unsignedHeaders } = auth
  const id = signed.includes('{id}') ? [idHeader] : []
  const time = timestampHeader !== undefined && signed.includes('{timestamp}') ? [timestampHeader] : []
  return [...id, ...time, ...unsignedHeaders].map((name) => name.toLowerCase())
}

/** A request as its source reads it once its signature is verified; as it came, where it has none. */
export function readableRequest(
  headers: IncomingHttpHeaders,
  auth: Auth,
): { readonly headers: IncomingHttpHeaders; readonly isSigned?: true } {
  const names = readableHeaders(auth)
  if (!names) return { headers }
  const readable = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  return { headers: Object.fromEntries(readable), isSigned: true }
}

/**
 * What keeps a captured report from being sent again, where its id is signed too. A bearer token, a secret in a header and an ID
 * token sign nothing of a report, and Twilio's signature does not say where a field ends.
 */
export function replayProtection(auth: Auth): ReplayProtection {
  if (typeof auth === 'string') return 'none'
  if (auth.kind === 'standard-webhooks') return 'time'
  if (auth.kind !== 'hmac' || auth.unsignedHeaders.length > 0) return 'none'
  return auth.signed.includes('{timestamp}') ? 'time' : 'id'
}

/** Its shared keys, each with an id. */
export const sharedKeys = ({ auth }: AuthConfig): TwilioAuth['keys'] =>
  typeof auth === 'object' && auth.kind === 'twilio' ? (auth.keys ?? []) : []

/** Whether it names any place for the secrets of its `auth`. */
export const isConfigured = (config: AuthConfig): boolean =>
  secretPlaces(config).length > 0 || config.secretsDir !== undefined || sharedKeys(config).length > 0

/**
 * Which form a source's `auth` has.
 * @param written as a document has it
 * @param fallback the default of the kind of source
 */
export function authForm(written: unknown, fallback: AuthDefault): AuthKind | 'word' | 'unknown' {
  const preset = typeof fallback === 'object' ? fallback.kind : undefined
  if (typeof written !== 'object' || written === null)
    return (written ?? undefined) === undefined && preset ? preset : 'word'
  const given = (written as { kind?: unknown }).kind ?? preset
  if (Array.isArray(written) || given === undefined) return 'word'
  return AUTH_KINDS.find((each) => each === given) ?? 'unknown'
}

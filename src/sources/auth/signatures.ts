import type { Clock } from '../../domain/ports/clock.ts'
import { signatureInvalid, signatureMissing } from '../../signature/errors.ts'
import { hmacHeaders, verifyHmac } from '../../signature/hmac.ts'
import { parseStandardWebhookKey, type StandardWebhookKey } from '../../signature/standard-webhook-keys.ts'
import { standardWebhookHeaders, verifyStandardWebhook } from '../../signature/standard-webhooks.ts'
import { signedUrl, verifyTwilio } from '../../signature/twilio.ts'
import type { OpenSource, SourceRequest } from '../source.ts'
import {
  type AuthConfig,
  type HmacAuth,
  readableRequest,
  type StandardWebhooksAuth,
  type TwilioAuth,
} from './config.ts'

/** A secret as it was read, with its text. */
export interface SecretText {
  readonly tenant: string
  readonly text?: string
}

/** Decides who sent a request, with secrets that can be replaced meanwhile. */
export interface RequestVerifier {
  readonly replace: (secrets: readonly SecretText[]) => void
  /** Of shared keys with an id, which stands as the tenant. */
  readonly replaceKeys?: (keys: readonly SecretText[]) => void
  /** By the headers alone. */
  readonly authenticate: (request: SourceRequest) => string
  readonly verify?: NonNullable<OpenSource['verify']>
}

interface Secret {
  readonly tenant: string
  readonly secret: string
}
const secretsOf = (tokens: readonly SecretText[]): Secret[] =>
  tokens.flatMap(({ tenant, text }) => (text === undefined ? [] : [{ tenant, secret: text }]))

const tenantOf = (found: { readonly tenant: string } | undefined): string => {
  if (!found) throw signatureInvalid()
  return found.tenant
}

/** A signature over the raw body: the headers are checked first, before a byte of it is read. */
export function signatureVerifier(
  auth: HmacAuth | StandardWebhooksAuth | TwilioAuth,
  { config, clock }: { readonly config: AuthConfig; readonly clock: Clock },
): RequestVerifier {
  if (auth.kind === 'hmac') return hmacVerifier(auth, clock)
  return auth.kind === 'standard-webhooks'
    ? standardWebhooksVerifier(auth, clock)
    : twilioVerifier(auth, config.url ?? '')
}

function hmacVerifier(scheme: HmacAuth, clock: Clock): RequestVerifier {
  let keys: readonly Secret[] = []
  return {
    replace: (tokens) => {
      keys = secretsOf(tokens)
    },
    authenticate({ headers }) {
      hmacHeaders(headers, scheme, clock())
      return ''
    },
    verify(raw, { headers }) {
      const given = hmacHeaders(headers, scheme, clock())
      const tenant = tenantOf(verifyHmac(raw, given, { scheme, keys }))
      const signedAt = given.timestamp === '' ? {} : { signedAt: Number(given.timestamp) * 1_000 }
      return { tenant, headers: readableRequest(headers, scheme).headers, ...signedAt }
    },
  }
}

function standardWebhooksVerifier({ tolerance }: StandardWebhooksAuth, clock: Clock): RequestVerifier {
  let keys: readonly { readonly tenant: string; readonly key: StandardWebhookKey }[] = []
  const given = ({ headers }: SourceRequest) => standardWebhookHeaders(headers, { now: clock(), tolerance })
  return {
    replace: (tokens) => {
      keys = secretsOf(tokens).flatMap(({ tenant, secret }) => {
        const key = parseStandardWebhookKey(secret)
        return typeof key === 'string' ? [] : [{ tenant, key }]
      })
    },
    authenticate(request) {
      given(request)
      return ''
    },
    verify(raw, request) {
      const headers = given(request)
      const tenant = tenantOf(verifyStandardWebhook(raw, headers, keys))
      // A mapping may name either spelling.
      const { id, timestamp } = headers
      return {
        tenant,
        headers: { 'webhook-id': id, 'svix-id': id, 'webhook-timestamp': timestamp, 'svix-timestamp': timestamp },
        signedAt: Number(timestamp) * 1_000,
      }
    },
  }
}

const SIGNATURE = 'x-twilio-signature'
const SETTINGS = 'x-twilio-webhooks-signature-settings'

/**
 * Without the settings header the account's token and SHA-1 count. With it, only a configured key with its configured
 * algorithm: what a request says about itself never widens what is accepted.
 */
function twilioVerifier({ keys: known }: TwilioAuth, url: string): RequestVerifier {
  let secrets: readonly Secret[] = []
  let shared: readonly Secret[] = []
  const signatureOf = ({ headers }: SourceRequest): string => {
    const signature = headers[SIGNATURE]
    if (typeof signature !== 'string' || signature === '') throw signatureMissing('send the header X-Twilio-Signature')
    return signature
  }
  return {
    replace: (tokens) => {
      secrets = secretsOf(tokens)
    },
    replaceKeys: (tokens) => {
      shared = secretsOf(tokens)
    },
    authenticate(request) {
      signatureOf(request)
      return ''
    },
    verify(raw, request) {
      const signature = signatureOf(request)
      const isForm = /^application\/x-www-form-urlencoded\b/i.test(String(request.headers['content-type'] ?? ''))
      const signed = { url: signedUrl(url, request.url ?? '', isForm), raw, isForm }
      const settings = request.headers[SETTINGS]
      if (settings === undefined) {
        const tenant = tenantOf(verifyTwilio(signed, signature, { keys: secrets, algorithm: 'sha1' }))
        return { tenant, headers: {} }
      }
      const named = settingsOf(String(settings))
      const key = known.find(({ id, algorithm }) => id === named.get('key') && algorithm === named.get('algorithm'))
      if (!key) throw signatureInvalid()
      const keys = shared.filter(({ tenant }) => tenant === key.id)
      const algorithm = key.algorithm === 'HMAC_SHA256' ? 'sha256' : 'sha1'
      if (!verifyTwilio(signed, signature, { keys, algorithm })) throw signatureInvalid()
      return { tenant: key.tenant ?? '', headers: {} }
    },
  }
}

/** `key=…,algorithm=…`; a repeated name makes it unusable. */
function settingsOf(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((part) => part.trim().split('=', 2) as [string, string | undefined])
  const names = new Set(pairs.map(([name]) => name))
  return names.size === pairs.length ? new Map(pairs.map(([name, value = '']) => [name, value])) : new Map()
}

import { createHmac, sign, verify } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../errors.ts'
import { decode, sameBytes } from './constant-time.ts'
import { signatureInvalid, signatureMissing } from './errors.ts'
import { checkId } from './hmac.ts'
import type { StandardWebhookKey } from './standard-webhook-keys.ts'
import { checkTimestamp, DEFAULT_TOLERANCE } from './timestamp.ts'

/** The two spellings of the header names: the specification's, and that of its first implementation. */
export type StandardWebhookPrefix = 'webhook' | 'svix'
const PREFIXES: readonly StandardWebhookPrefix[] = ['webhook', 'svix']
const PARTS = ['id', 'timestamp', 'signature'] as const

/** Signatures in one header that are looked at; a rotation needs two. */
const MOST_SIGNATURES = 16
const ID = /^[\x21-\x7e]{1,255}$/

export interface StandardWebhookMessage {
  /** The same for each retry; without a dot. */
  readonly id: string
  /** Seconds since the epoch, of this attempt. */
  readonly timestamp: number
  readonly body: Uint8Array | string
}

const signedBytes = (id: string, timestamp: string | number, body: Uint8Array | string): Buffer =>
  Buffer.concat([Buffer.from(`${id}.${timestamp}.`), typeof body === 'string' ? Buffer.from(body) : body])

const hmac = (secret: Uint8Array, content: Uint8Array): Buffer => createHmac('sha256', secret).update(content).digest()

/**
 * Signs a message as Standard Webhooks 1.0 says: one signature per key, `v1` (HMAC-SHA256) or `v1a` (Ed25519).
 * @param keys at least one; several during a rotation. Public keys cannot sign.
 * @returns the header fields of the request
 * @throws RangeError for an id with a dot, or without a key that can sign
 */
export function signStandardWebhook(
  { id, timestamp, body }: StandardWebhookMessage,
  keys: readonly StandardWebhookKey[],
): { readonly 'webhook-id': string; readonly 'webhook-timestamp': string; readonly 'webhook-signature': string } {
  if (!ID.test(id) || id.includes('.')) throw new RangeError('an id is 1 to 255 visible characters without a dot')
  const content = signedBytes(id, timestamp, body)
  const signatures = keys.flatMap((key) => {
    if (key.kind === 'hmac') return [`v1,${hmac(key.secret, content).toString('base64')}`]
    return key.kind === 'ed25519-private' ? [`v1a,${sign(null, content, key.key).toString('base64')}`] : []
  })
  if (signatures.length === 0) throw new RangeError('no key can sign')
  return { 'webhook-id': id, 'webhook-timestamp': `${timestamp}`, 'webhook-signature': signatures.join(' ') }
}

/** The header fields of a signed request. */
export interface StandardWebhookHeaders {
  readonly id: string
  readonly timestamp: string
  readonly signature: string
}

/**
 * The three header fields, all in one spelling. A request with fields of both is refused: one would be verified, and a reader
 * could take the other.
 * @throws AppError `signature_missing`, `signature_invalid`, `signature_expired`
 */
export function standardWebhookHeaders(
  headers: IncomingHttpHeaders,
  { now, tolerance = DEFAULT_TOLERANCE }: { now: number; tolerance?: number },
): StandardWebhookHeaders {
  const [prefix, other] = PREFIXES.filter((each) => PARTS.some((part) => headers[`${each}-${part}`] !== undefined))
  if (other)
    throw new AppError('signature_invalid', 'the request has headers of both webhook-… and svix-…; send those of one')
  const [id, timestamp, signature] = PARTS.map((part) => headers[`${prefix}-${part}`])
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string')
    throw signatureMissing(
      'send the headers webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks), or the same with svix-',
    )
  if (!ID.test(id)) throw signatureInvalid()
  checkTimestamp(timestamp, { now, tolerance })
  checkId('{id}.{timestamp}.{body}', { id, timestamp })
  return { id, timestamp, signature }
}

/**
 * Finds the key that made one of a request's signatures, over the bytes as received. Each key is compared with each
 * signature of its version; unknown versions are skipped.
 * @returns undefined if none did
 */
export function verifyStandardWebhook<K extends { readonly key: StandardWebhookKey }>(
  raw: Uint8Array,
  { id, timestamp, signature }: StandardWebhookHeaders,
  keys: readonly K[],
): K | undefined {
  const given = signature
    .split(' ')
    .slice(0, MOST_SIGNATURES)
    .map((each) => each.split(','))
  const of = (version: string): Buffer[] =>
    given.flatMap(([name, text, ...rest]) => {
      const bytes = name === version && text !== undefined && rest.length === 0 ? decode(text, 'base64') : undefined
      return bytes ? [bytes] : []
    })
  const [v1, v1a] = [of('v1'), of('v1a')]
  const content = signedBytes(id, timestamp, raw)
  return keys.find(({ key }) => {
    if (key.kind === 'hmac') {
      if (v1.length === 0) return false
      const expected = hmac(key.secret, content)
      return v1.some((each) => sameBytes(each, expected))
    }
    return (
      key.kind === 'ed25519-public' && v1a.some((each) => each.length === 64 && verify(null, content, key.key, each))
    )
  })
}

import { createHmac, timingSafeEqual } from 'node:crypto'

/** Header fields of a canary: its nonce, when it was sent (Unix time, whole seconds), and the signature of both. */
export const CANARY_HEADERS = {
  nonce: 'webhook-canary-nonce',
  time: 'webhook-canary-time',
  signature: 'webhook-canary-signature',
} as const

/** How far a canary's time may be from the receiver's, milliseconds, either way. */
const CANARY_WINDOW = 5 * 60_000

/** The canary's body: a regular report, so that it takes the regular path. It is never recorded. */
export const CANARY_REPORT = {
  code: 0,
  endpoint: 'https://canary.invalid/',
  message: 'canary of webhook-error-exporter; not a failure',
} as const

export interface CanaryHeaders {
  readonly nonce: string
  readonly time: string
  readonly signature: string
}

const hmac = (secret: string, ...parts: readonly string[]): string =>
  createHmac('sha256', secret).update(parts.join('\n')).digest('base64url')

/**
 * Signs a canary.
 * @param nonce 16 to 64 characters of base64url, never used before
 * @param at milliseconds since the epoch
 * @returns header fields by the names of `CANARY_HEADERS`; the signature is HMAC-SHA-256 (RFC 2104), in base64url
 */
export function signCanary(secret: string, nonce: string, at: number): CanaryHeaders {
  const time = String(Math.floor(at / 1_000))
  return { nonce, time, signature: hmac(secret, 'request', nonce, time) }
}

/**
 * Whether a canary is signed with the secret and at most five minutes off. With an empty secret none is valid.
 * @param now milliseconds since the epoch
 */
export function canaryIsValid(secret: string, { nonce, time, signature }: CanaryHeaders, now: number): boolean {
  if (secret === '' || !/^[A-Za-z0-9_-]{16,64}$/.test(nonce) || !/^\d{1,11}$/.test(time)) return false
  return same(signature, hmac(secret, 'request', nonce, time)) && Math.abs(now - Number(time) * 1_000) <= CANARY_WINDOW
}

/** The answer that only a receiver with the secret can give, in base64url. It differs from the request, so an echo fails. */
export const canaryAnswer = (secret: string, nonce: string): string => hmac(secret, 'answer', nonce)

/** Whether two texts are equal, in constant time. Only their length leaks. */
export function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

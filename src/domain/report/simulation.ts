import { createHash, createHmac } from 'node:crypto'
import { same } from './canary.ts'

/**
 * What a report that is not a real failure is for: `simulation`: it is stored and marked, and nothing else follows; `verification`:
 * it goes the whole way to an alert, as a failure of the reserved endpoint `webhook-verify`.
 */
export const PURPOSES = ['simulation', 'verification'] as const
export type Purpose = (typeof PURPOSES)[number]

/** Header field of a mark: `PURPOSE,TIME,NONCE,SIGNATURE`. */
export const MARK_HEADER = 'webhook-simulation'

/** How far a mark's time may be from the receiver's, milliseconds, either way: the same as a canary's. */
const MARK_WINDOW = 5 * 60_000

const signature = (secret: string, body: Uint8Array | string, ...parts: readonly string[]): string =>
  createHmac('sha256', secret)
    .update(['simulation', ...parts, createHash('sha256').update(body).digest('hex')].join('\n'))
    .digest('base64url')

/**
 * The value of `MARK_HEADER` for a report with this body.
 * @param nonce 16 to 64 characters of base64url, never used before
 * @param at milliseconds since the epoch; the mark carries whole seconds
 * @returns with a signature in base64url: HMAC-SHA-256 (RFC 2104) over purpose, nonce, time and the body's SHA-256 in hex
 */
export function signMark(
  secret: string,
  purpose: Purpose,
  { nonce, at, body }: { readonly nonce: string; readonly at: number; readonly body: Uint8Array | string },
): string {
  const time = String(Math.floor(at / 1_000))
  return [purpose, time, nonce, signature(secret, body, purpose, nonce, time)].join(',')
}

export interface Mark {
  readonly purpose: Purpose
  readonly nonce: string
  /** Whether it is at most five minutes off. */
  readonly isCurrent: boolean
}

/**
 * A mark that is signed with the secret for this body; undefined for any other. With an empty secret none is.
 * @param now milliseconds since the epoch
 */
export function readMark(secret: string, mark: string, body: Uint8Array, now: number): Mark | undefined {
  const [, purpose = '', time = '', nonce = '', given] =
    /^(simulation|verification),(\d{1,11}),([A-Za-z0-9_-]{16,64}),([A-Za-z0-9_-]{43})$/.exec(mark) ?? []
  if (secret === '' || given === undefined) return undefined
  if (!same(given, signature(secret, body, purpose, nonce, time))) return undefined
  return { purpose: purpose as Purpose, nonce, isCurrent: Math.abs(now - Number(time) * 1_000) <= MARK_WINDOW }
}

import { createHmac } from 'node:crypto'
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

const signature = (secret: string, purpose: Purpose, time: string, nonce: string): string =>
  createHmac('sha256', secret).update(`simulation\n${purpose}\n${nonce}\n${time}`).digest('base64url')

/**
 * The value of `MARK_HEADER`.
 * @param nonce 16 to 64 characters of base64url
 * @param at milliseconds since the epoch; the mark carries whole seconds
 * @returns with a signature like a canary's: HMAC-SHA-256 (RFC 2104) over purpose, nonce and time, in base64url
 */
export function signMark(secret: string, purpose: Purpose, nonce: string, at: number): string {
  const time = String(Math.floor(at / 1_000))
  return [purpose, time, nonce, signature(secret, purpose, time, nonce)].join(',')
}

/**
 * The purpose of a mark that is signed with the secret and at most five minutes off; undefined for any other.
 * With an empty secret none is valid.
 * @param now milliseconds since the epoch
 */
export function purposeOf(secret: string, mark: string, now: number): Purpose | undefined {
  const [, purpose, time, nonce, given] =
    /^(simulation|verification),(\d{1,11}),([A-Za-z0-9_-]{16,64}),([A-Za-z0-9_-]{43})$/.exec(mark) ?? []
  if (secret === '' || given === undefined) return undefined
  const isSigned = same(given, signature(secret, purpose as Purpose, time!, nonce!))
  return isSigned && Math.abs(now - Number(time) * 1_000) <= MARK_WINDOW ? (purpose as Purpose) : undefined
}

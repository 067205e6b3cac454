import type { Cause } from '../cause/cause.ts'
import { statusCause } from './numbers.ts'

/**
 * How much a row says, least first. Of all that a message names, the highest decides; among equals, the last one, since
 * clients write the innermost error last.
 * - `outer`: only that connecting, sending or receiving failed
 * - `phase`: which phase or layer failed, not why
 * - `reason`: why
 * - `decisive`: what decides whatever reasons are named next to it, such as a block page
 * - `proxy`: a proxy reports on the application behind it, whatever its inner reason
 * - `status`: an HTTP status in so many digits
 */
export const RANK = { outer: 1, phase: 2, reason: 3, decisive: 4, proxy: 5, status: 6 } as const
export type Rank = keyof typeof RANK

/**
 * What a phrase says besides its cause.
 * - `handshake`: it happened before TLS was established, so that a dropped connection is `tls`
 * - `client`: wording of the sender's HTTP client, not of an answer's body
 * - `service`: another service that the receiver uses, such as its database
 * - `firewall`, `challenge`: a firewall or a challenge page answered
 * - `guard`: with 403 that a guard in front of the receiver answered; nothing otherwise
 * - `signature`: the receiver did not accept the message's signature
 */
export type Mark = 'handshake' | 'client' | 'service' | 'firewall' | 'guard' | 'challenge' | 'signature'

/** What a row says of a message that has one of its phrases. Exactly one of `cause` and `status` is set, or only `marks`. */
export interface RowHead {
  readonly id: string
  readonly cause?: Cause
  /** The phrase is the name of this HTTP status. */
  readonly status?: number
  readonly rank?: Rank
  readonly marks?: readonly Mark[]
  /** The connection was dropped: `tls` where that was during the handshake. */
  readonly drop?: true
}

/** One row of the table in rows/*.json. It has `phrases` (exact texts) or `meanings` (ideas in any order). */
export interface Row extends RowHead {
  /** The standard, documentation or source that defines the phrases. */
  readonly origin: string
  /** A real message that has this row's cause because of it. */
  readonly example: string
  /** Words as words.ts reads them; `a|b` is either word, `{3}` any words, at most three. */
  readonly phrases?: readonly string[]
  /** Ideas (in capitals, see vocabulary.json) or words, close together in any order; `a|b` is either, `!a` appears nowhere. */
  readonly meanings?: readonly string[]
}

/** @returns what the row means by itself; undefined if it has only marks */
export const causeOfRow = ({ cause, status }: RowHead): Cause | undefined =>
  cause ?? (status === undefined ? undefined : statusCause(status))

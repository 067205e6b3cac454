import type { ServerResponse } from 'node:http'
import type { AttemptCode, DeliveryCode, OtherReason } from '../domain/report/delivery.ts'
import type { Claim } from '../signature/recognizer.ts'
import type { Retries } from './retries.ts'

export interface DeliveryEnd {
  readonly method: string
  /** Status that the platform received, or how it ended without a whole answer. */
  readonly code: DeliveryCode
  readonly ok: boolean
  readonly seconds: number
  /** See there. */
  readonly retry: Retries['outcome']
  readonly attempts: readonly AttemptCode[]
  /** Why it was no delivery; undefined if it was one. */
  readonly other: OtherReason | undefined
}

export const isOk = (code: AttemptCode): boolean => typeof code === 'number' && code >= 200 && code < 300

/** What is known of how a request ends. */
export class Ending {
  readonly #claim: Claim | OtherReason
  /** How its attempts ended. */
  readonly attempts: AttemptCode[] = []
  /** By the application or the proxy, not by the listener. */
  isAnswered = false
  /** The answer was broken off, so that it is not taken for whole. */
  isBroken = false
  /** The client stopped sending or reading, or sent what cannot be passed on. */
  isClientFault = false

  constructor(claim: Claim | OtherReason) {
    this.#claim = claim
  }

  /** A chunk of the body. */
  update(chunk: Buffer): void {
    if (typeof this.#claim !== 'string') this.#claim.update(chunk)
  }

  /**
   * Call it once, when the response was written or its connection closed.
   * @param isWhole whether all of the request has arrived
   */
  of({ req, writableFinished, statusCode }: ServerResponse, retries: Retries, isWhole: boolean): DeliveryEnd {
    const isAnswered = writableFinished && !this.isBroken && this.isAnswered
    const code = isAnswered ? statusCode : this.isBroken ? 'incomplete' : 'client_closed'
    return {
      method: req.method ?? '',
      code,
      ok: isOk(code),
      seconds: retries.elapsed() / 1_000,
      retry: retries.outcome,
      attempts: this.attempts,
      other: this.#otherReason(code, isWhole),
    }
  }

  /** Only what certainly is a delivery counts: anyone can send a request, refuse to read its answer, or hang up. */
  #otherReason(code: DeliveryCode, isWhole: boolean): OtherReason | undefined {
    const claim = this.#claim
    const isRefused = code === 401 || code === 403
    if (typeof claim === 'string') return claim === 'unsigned' && isRefused ? 'unauthorized' : claim
    // A platform that is identified hung up because it waited for too long.
    if (this.isClientFault || (code === 'client_closed' && !(claim.identifies && isWhole))) return 'hang_up'
    if (!claim.holds()) return isRefused ? 'unauthorized' : 'unsigned'
    return isRefused && !claim.identifies ? 'unauthorized' : undefined
  }
}

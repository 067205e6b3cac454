import type { Cause } from '../cause/cause.ts'

/**
 * Evidence for an end of the loss window: a good probe of the path, a probe that reached the server but could not judge
 * the path, the last failure before the quiet time, an operator's word, a delivery that our own proxy saw succeed, or one
 * that the source reported.
 */
export const PROOFS = ['path', 'reachability', 'quiet', 'manual', 'delivery', 'platform'] as const
export type Proof = (typeof PROOFS)[number]
/** Evidence from real deliveries. */
export type DeliveryProof = Extract<Proof, 'delivery' | 'platform'>

/** Consecutive successes. */
export interface Run {
  readonly count: number
  /** The first one, milliseconds since the epoch. */
  readonly since: number
}

/** Deliveries that succeed or fail together: those of one source for one tenant to one URL or reference. */
export interface Origin {
  readonly source: string
  readonly tenant: string
  readonly url: string
}

/**
 * An endpoint that is disabled, and for whom: enabling it for another tenant, or another reference, does not end that. Until 0.1
 * only the source was noted.
 */
export interface Disabling extends Partial<Origin> {
  readonly source: string
  readonly at: number
  /** It stands for all that exceed `ORIGIN_LIMIT`; only a manual close ends them. */
  readonly others?: true
}

/** What signals other than lost deliveries say of an incident. Times are milliseconds since the epoch. */
export interface IncidentSignals {
  /** Rows of its timeline that came, of which at most `TIMELINE_LIMIT` are kept. */
  readonly total: number
  /** Of these, early warnings (`failing`). */
  readonly warnings: number
  /** Of these, disablings that no person asked for. */
  readonly disablings: number
  /** Where the endpoint is disabled now: while there is one, the incident closes only manually. */
  readonly disabled: readonly Disabling[]
  /** The newest early warning or disabling that says what happened; null if none did. */
  readonly warning: {
    readonly source: string
    readonly at: number
    readonly code: number
    readonly cause: Cause
    readonly message: string
  } | null
  /** The last moment at which deliveries failed or the endpoint was disabled; null if none is known. */
  readonly lastBadAt: number | null
  /** Where its failures came from, at most `ORIGIN_LIMIT`, each with its successes since the last failure. */
  readonly origins: readonly (Origin & { readonly run: Run | null })[]
  /** Whether `origins` are all of them; otherwise successes that sources report prove nothing. */
  readonly originsComplete: boolean
  /** Successes that our own proxy saw since the last failure. */
  readonly deliveryRun: Run | null
}

/** Most origins of failures that an incident keeps. */
export const ORIGIN_LIMIT = 20

/** The last success of a stream of deliveries. */
export interface LastDelivery extends Origin {
  readonly at: number
  /** `delivery` (seen by our own proxy) holds for the whole endpoint, `platform` for its origin alone. */
  readonly proof: DeliveryProof
}

/** A stream of deliveries as one replica has seen it: its successes since the last failure that the replica knows of. */
export interface DeliveryStream extends LastDelivery {
  readonly run: Run
}

/** Whether two streams are of the same origin. */
export const isSameOrigin = (a: Origin, b: Origin): boolean =>
  a.source === b.source && a.tenant === b.tenant && a.url === b.url

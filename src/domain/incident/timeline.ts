import type { Cause } from '../cause/cause.ts'
import type { RECOVERIES } from '../report/signal.ts'

/** Signals that become rows of an incident's timeline. */
export const TIMELINE_TYPES = ['failing', 'disabled', 'recovered'] as const
export type TimelineType = (typeof TIMELINE_TYPES)[number]

/** Most rows that are kept of one incident's timeline: the first one and the newest. */
export const TIMELINE_LIMIT = 100
/** Most rows of all timelines that outlive their incident, as ids of signals that are known already. */
export const KNOWN_SIGNALS_LIMIT = 100_000

/** A stored signal other than a lost delivery: identified, classified, and free of secrets. */
export interface TimelineSignal {
  /** UUID version 7 (RFC 9562); its time is `receivedAt`. */
  readonly id: string
  /** Milliseconds since the epoch, by this service's clock. */
  readonly receivedAt: number
  readonly type: TimelineType
  readonly source: string
  /** Tenant of the delivery or endpoint; empty if tokens have no name. */
  readonly tenant: string
  readonly endpoint: string
  /** The canonical, secret-free URL, or `SOURCE:REF`. */
  readonly url: string
  /** What the source saw; null if it does not say. */
  readonly code: number | null
  /** What `code` and `message` say, for `failing` and `disabled`; null if they say nothing. */
  readonly cause: Cause | null
  readonly message: string
  /** When it happened, as the source says, milliseconds since the epoch. */
  readonly time: number | null
  readonly attempts: number | null
  /** The type of the notification that was to be delivered. */
  readonly event: string | null
  /** Of `disabled`: a person switched it off on purpose. */
  readonly manual?: boolean
  /** Of `recovered`. */
  readonly what?: (typeof RECOVERIES)[number]
  /** Of `recovered`: it is from before the last failure, or an old one could have been sent again: it is noted, and ends nothing. */
  readonly unproven?: boolean
  /** Of `failing`: when the first of the failures was that it warns of; no later moment was good. */
  readonly failingSince?: number
}

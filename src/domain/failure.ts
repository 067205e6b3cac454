import { v7 } from 'uuid'
import type { Cause } from './cause.ts'

/** One delivery that a source gave up: validated, identified, and free of secrets. What the journal keeps and the API shows. */
export interface Failure {
  /** UUID version 7 (RFC 9562); its time is `receivedAt`, so that ids sort by receipt. */
  readonly id: string
  /** Milliseconds since the epoch, by this service's clock. */
  readonly receivedAt: number
  readonly source: string
  /** Whose credential the report carried; empty where tokens have no name. */
  readonly tenant: string
  /** A configured name, else the canonical URL, else `invalid`. */
  readonly endpoint: string
  /** The canonical, secret-free URL; for `invalid` the masked text. */
  readonly url: string
  /** What the source saw, as sent. */
  readonly code: number
  readonly cause: Cause
  /** With credentials masked and its URLs canonical; at most 8 KiB, with a mark at the end where it was cut. */
  readonly message: string
  /** 32 hexadecimal digits (W3C Trace Context); null where tracing is off. */
  readonly traceId: string | null
}

/** What reports of one outage have in common. */
export type Alike = Omit<Failure, 'id' | 'receivedAt' | 'traceId'>

/** Whether two failures are the same but for what makes each its own. Asked of every report, hence spelt out. */
export function areAlike(a: Alike, b: Alike): boolean {
  return (
    a.endpoint === b.endpoint &&
    a.code === b.code &&
    a.message === b.message &&
    a.url === b.url &&
    a.cause === b.cause &&
    a.tenant === b.tenant &&
    a.source === b.source
  )
}

/** Endpoint of a report whose `endpoint` is no http(s) URL. Reserved: no configured endpoint may have this name. */
export const INVALID_ENDPOINT = 'invalid'
/** Label value that stands for what did not fit the series limit. Reserved like `invalid`. */
export const OTHER = 'other'

/**
 * Makes ids that sort by time, and by order of making within one millisecond of one process.
 * @returns a function from receipt time (milliseconds since the epoch) to a UUID version 7
 */
export function failureIds(): (receivedAt: number) => string {
  let last = 0
  let seq = 0
  // Randomness by the block: asking for 16 bytes at a time costs more than everything else here.
  const block = new Uint8Array(4_096)
  let used = block.length
  const random = new Uint8Array(16)
  const refresh = () => {
    if (used === block.length) {
      crypto.getRandomValues(block)
      used = 0
    }
    for (let index = 0; index < random.length; index++) random[index] = block[used++]!
  }
  return (receivedAt) => {
    seq = receivedAt === last ? seq + 1 : 0
    last = receivedAt
    refresh()
    return v7({ msecs: receivedAt, seq, random })
  }
}

/** The smallest UUID version 7 of a millisecond: every id of that time or later is at or above it, every earlier one below. */
export function firstIdAt(milliseconds: number): string {
  const hex = Math.max(0, Math.min(Math.trunc(milliseconds), 2 ** 48 - 1))
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

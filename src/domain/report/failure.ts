import { randomHex } from '../../random-hex.ts'
import type { Cause } from '../cause/cause.ts'

/** What the failures of one outage have in common. */
export interface SharedFields {
  readonly source: string
  /** Owner of the credential that the report carried; empty if tokens have no name. */
  readonly tenant: string
  /** A configured name, otherwise the canonical URL, otherwise `invalid`. */
  readonly endpoint: string
  /** The canonical, secret-free URL; for `invalid` the masked text. */
  readonly url: string
  /** What the source saw, as sent. */
  readonly code: number
  readonly cause: Cause
  /** Credentials are masked, URLs canonical; at most 8 KiB, with a mark at the end where it was cut. */
  readonly message: string
}

/** One delivery that a source gave up on: validated, identified, and free of secrets. The journal stores it, the API shows it. */
export interface Failure extends SharedFields {
  /** UUID version 7 (RFC 9562); its time is `receivedAt`, so that ids sort by receipt. */
  readonly id: string
  /** Milliseconds since the epoch, by this service's clock. */
  readonly receivedAt: number
  /** 32 hexadecimal digits (W3C Trace Context); null if tracing is off. */
  readonly traceId: string | null
  /** Of a report that was simulated: it counts nowhere and changes no incident. Absent: it is real. */
  readonly mark?: 'simulated'
}

/** A list of an interface's members that the compiler keeps complete. */
const namesOf = <T>(members: Readonly<Record<keyof T, true>>) => Object.keys(members) as (keyof T)[]

export const SHARED_FIELDS = namesOf<SharedFields>({
  source: true,
  tenant: true,
  endpoint: true,
  url: true,
  code: true,
  cause: true,
  message: true,
})

/** Whether two failures differ only in what is individual to each: id, time and trace. */
export function haveSameSharedFields(a: SharedFields, b: SharedFields): boolean {
  return (
    a.source === b.source &&
    a.tenant === b.tenant &&
    a.endpoint === b.endpoint &&
    a.url === b.url &&
    a.code === b.code &&
    a.cause === b.cause &&
    a.message === b.message
  )
}

export const sharedFields = (failure: SharedFields): SharedFields =>
  Object.fromEntries(SHARED_FIELDS.map((field) => [field, failure[field]])) as unknown as SharedFields

/** Endpoint of a report with an `endpoint` that is not an http(s) URL. Reserved: no configured endpoint may have this name. */
export const INVALID_ENDPOINT = 'invalid'
/** Endpoint of verifications, regardless of the URL they report. Reserved like `invalid`. */
export const VERIFY_ENDPOINT = 'webhook-verify'
/** Its severity: no route of an Alertmanager is meant to notify of it. */
export const VERIFY_SEVERITY = 'none'
/** Label value of everything beyond the series limit. Reserved like `invalid`. */
export const OTHER = 'other'

/**
 * Makes ids that sort by time; within one millisecond of one process, by the order in which they were made.
 * @returns a function from receipt time (milliseconds since the epoch) to a UUID version 7
 */
export function failureIds(): (receivedAt: number) => string {
  let last = Number.NaN
  let time = ''
  let count = 0
  return (receivedAt) => {
    if (receivedAt !== last) {
      last = receivedAt
      time = firstIdAt(receivedAt).slice(0, 15)
      count = 0
    }
    // RFC 9562, section 6.2, method 1: the 12 bits after the version count; the 62 bits after the variant are random.
    const counter = Math.min(count++, 0xfff).toString(16).padStart(3, '0')
    return `${time}${counter}${randomEnd()}`
  }
}

/** Variant and 62 random bits, with hyphens: what follows the first 18 characters of a UUID. */
function randomEnd(): string {
  const digits = randomHex(8)
  const variant = '89ab'[Number.parseInt(digits[0]!, 16) & 3]
  return `-${variant}${digits.slice(1, 4)}-${digits.slice(4)}`
}

/** The smallest UUID version 7 of a millisecond: every id of that time or later is at or above it, every earlier one below. */
export function firstIdAt(milliseconds: number): string {
  const hex = Math.max(0, Math.min(Math.trunc(milliseconds), 2 ** 48 - 1))
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

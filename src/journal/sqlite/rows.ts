import type { Cause } from '../../domain/cause.ts'
import { type Failure, haveSameSharedFields, type SharedFields } from '../../domain/failure.ts'
import type { IncidentEvent } from '../../domain/incident.ts'
import type { Entry, SeriesTotal } from '../../domain/journal.ts'
import type { SeriesLabels } from '../../domain/series.ts'
import type { Work } from '../core/queue.ts'
import type { StoredRecord } from '../core/records.ts'

/** Columns of a failure as it is read: everything but the raw body and the sender's id. */
export const FAILURE_COLUMNS = 'id, received_at, source, tenant, endpoint, url, code, cause, message, trace_id'
export type FailureRow = readonly [
  id: string,
  receivedAt: number,
  source: string,
  tenant: string,
  endpoint: string,
  url: string,
  code: number,
  cause: string,
  message: string,
  traceId: string | null,
]

export const TOTAL_COLUMNS = 'source, tenant, endpoint, code, cause, count, last_failure_at'
export type TotalRow = readonly [
  source: string,
  tenant: string,
  endpoint: string,
  code: string,
  cause: string,
  count: number,
  lastFailureAt: number,
]

/** What entries have in common: it goes to the writing thread once a group. */
export interface AlikeRow extends SharedFields {
  /** The labels that they are counted under. */
  readonly counted: readonly [source: string, tenant: string, endpoint: string, code: string, cause: string]
}

/** An entry as it goes to the writing thread. */
export interface EntryRow {
  readonly id: string
  readonly receivedAt: number
  readonly traceId: string | null
  /** Place in the group's `alike`. */
  readonly alike: number
  readonly key?: string | undefined
  readonly digest?: string | undefined
  /** Whether it changes its endpoint's incident. */
  readonly isTracked: boolean
  /** Length of its body in the group's bytes. */
  readonly size: number
}
export interface EventRow {
  readonly endpoint: string
  readonly event: IncidentEvent
}
export interface CanaryRow {
  readonly nonce: string
  readonly at: number
}
export type Row = EntryRow | EventRow | CanaryRow

export interface Rows {
  readonly alike: readonly AlikeRow[]
  readonly rows: readonly Row[]
}

/**
 * A group of works. Its rows are JSON, which is made and read several times faster than a structured clone of them; the
 * bodies of its entries stand one after the other in a buffer that is handed over, not copied.
 */
export interface Group {
  /** `Rows` */
  readonly rows: string
  readonly bodies: ArrayBuffer
}

/** @returns the works as they go to the writing thread; the bodies are copied, so the works may be let go */
export function groupOf(works: readonly Work[]): Group {
  const length = works.reduce((sum, work) => sum + (work.kind === 'entry' ? work.entry.raw.byteLength : 0), 0)
  const bodies = new Uint8Array(length)
  let offset = 0
  const alike: AlikeRow[] = []
  /** The latest of each label set. */
  const places = new Map<SeriesLabels, number>()
  function placeOf({ failure, labels }: Entry): number {
    const known = places.get(labels)
    if (known !== undefined && haveSameSharedFields(alike[known]!, failure)) return known
    const { source, tenant, endpoint, url, code, cause, message } = failure
    const counted = [labels.source, labels.tenant, labels.endpoint, labels.code, labels.cause] as const
    const place = alike.push({ source, tenant, endpoint, url, code, cause, message, counted }) - 1
    places.set(labels, place)
    return place
  }
  const rows = works.map((work): Row => {
    if (work.kind === 'event') return { endpoint: work.endpoint, event: work.event }
    if (work.kind === 'canary') return { nonce: work.nonce, at: work.at }
    const { failure, raw, idempotency, isTracked = false } = work.entry
    bodies.set(raw, offset)
    offset += raw.byteLength
    return {
      id: failure.id,
      receivedAt: failure.receivedAt,
      traceId: failure.traceId,
      alike: placeOf(work.entry),
      isTracked,
      size: raw.byteLength,
      key: idempotency?.key,
      digest: idempotency?.digest,
    }
  })
  return { rows: JSON.stringify({ alike, rows }), bodies: bodies.buffer }
}

/** A row of FAILURE_COLUMNS as the failure that it is. */
export function failureOf(row: FailureRow): Failure {
  const [id, receivedAt, source, tenant, endpoint, url, code, cause, message, traceId] = row
  return { id, receivedAt, source, tenant, endpoint, url, code, cause: cause as Cause, message, traceId }
}

/** A row of TOTAL_COLUMNS as the total that it is. */
export function totalOf(row: TotalRow): SeriesTotal {
  const [source, tenant, endpoint, code, cause, count, lastFailureAt] = row
  return { labels: { source, tenant, endpoint, code, cause }, count, lastFailureAt }
}

/** A record whole, as copies and spills read it. */
export type RecordRow = readonly [...FailureRow, key: string | null, digest: string | null, raw: Uint8Array]
export const RECORD_COLUMNS = `${FAILURE_COLUMNS}, idempotency_key, digest, raw`

/** A row of RECORD_COLUMNS with its raw body and, where the sender gave one, its id and the body's digest. */
export function recordOf(row: RecordRow): StoredRecord {
  const [key, digest, raw] = row.slice(10) as [string | null, string | null, Uint8Array]
  return {
    failure: failureOf(row.slice(0, 10) as unknown as FailureRow),
    raw,
    ...(key !== null && digest !== null && { idempotency: { key, digest } }),
  }
}

import type { IncidentEvent } from '../../domain/incident/incident.ts'
import type { RecoveryEvent } from '../../domain/incident/recovery.ts'
import type { TimelineSignal } from '../../domain/incident/timeline.ts'
import type { Entry, SeriesTotal } from '../../domain/ports/journal.ts'
import { haveSameSharedFields, type SharedFields, sharedFields } from '../../domain/report/failure.ts'
import type { SeriesLabels } from '../../domain/report/series.ts'
import { FAILURE_COLUMNS, type OwnFields, ownFields } from '../core/columns.ts'
import type { Command } from '../core/queue.ts'

/** A record whole, as copies and spills read it and as it is inserted. The raw body is last: see the first migration. */
export const RECORD_COLUMNS = [...FAILURE_COLUMNS, 'idempotency_key', 'digest', 'raw']

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

/** What entries of a group have in common: it goes to the writing thread once per group. */
export interface SharedRow {
  readonly fields: SharedFields
  /** The label set under which they are counted. */
  readonly labels: LabelValues
}
export type LabelValues = readonly [source: string, tenant: string, endpoint: string, code: string, cause: string]

/** An entry as it goes to the writing thread. */
export interface EntryRow {
  readonly own: OwnFields
  /** Index into the group's `shared`. */
  readonly shared: number
  readonly key?: string | undefined
  readonly digest?: string | undefined
  /** Whether it changes its endpoint's incident. */
  readonly isTracked: boolean
  /** As of `Entry`. */
  readonly isProvable?: boolean | undefined
  readonly openedBy?: string | undefined
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
/** A signal that is no failure. */
export interface SignalRow {
  readonly signal: TimelineSignal
  readonly key?: string | undefined
  readonly isTracked: boolean
  readonly openedBy?: string | undefined
}
/** An event of an incident's recovery. */
export interface RecoveryRow {
  readonly incident: string
  readonly recovery: RecoveryEvent
}
export type Row = EntryRow | SignalRow | EventRow | RecoveryRow | CanaryRow

/** A group of commands. The bodies of its entries follow one another in a buffer that is transferred, not copied. */
export interface Group {
  readonly shared: readonly SharedRow[]
  readonly rows: readonly Row[]
  readonly bodies: ArrayBuffer
}

/** Encodes commands for the writing thread. The bodies are copied, so the commands may be released. */
export function groupOf(works: readonly Command[]): Group {
  const length = works.reduce((sum, work) => sum + (work.kind === 'entry' ? work.entry.raw.byteLength : 0), 0)
  const bodies = new Uint8Array(length)
  let offset = 0
  const shared: SharedRow[] = []
  /** Index of the latest shared row of each label set. */
  const latest = new Map<SeriesLabels, number>()
  function indexOf({ failure, labels }: Entry): number {
    const known = latest.get(labels)
    if (known !== undefined && haveSameSharedFields(shared[known]!.fields, failure)) return known
    const values = [labels.source, labels.tenant, labels.endpoint, labels.code, labels.cause] as const
    const index = shared.push({ fields: sharedFields(failure), labels: values }) - 1
    latest.set(labels, index)
    return index
  }
  const rows = works.map((work): Row => {
    if (work.kind === 'event') return { endpoint: work.endpoint, event: work.event }
    if (work.kind === 'recovery') return { incident: work.id, recovery: work.event }
    if (work.kind === 'canary') return { nonce: work.nonce, at: work.at }
    if (work.kind === 'signal') {
      const { signal, key, openedBy, isTracked = false } = work.entry
      return { signal, key, isTracked, openedBy }
    }
    const { failure, raw, idempotency, isTracked = false, isProvable, openedBy } = work.entry
    bodies.set(raw, offset)
    offset += raw.byteLength
    return {
      own: ownFields(failure),
      shared: indexOf(work.entry),
      isTracked,
      isProvable,
      openedBy,
      size: raw.byteLength,
      key: idempotency?.key,
      digest: idempotency?.digest,
    }
  })
  return { shared, rows, bodies: bodies.buffer }
}

/** A row of TOTAL_COLUMNS as the total that it is. */
export function totalOf(row: TotalRow): SeriesTotal {
  const [source, tenant, endpoint, code, cause, count, lastFailureAt] = row
  return { labels: { source, tenant, endpoint, code, cause }, count, lastFailureAt }
}

import type { CanaryMoments, Entry, SeriesTotal, SignalEntry } from '../../domain/ports/journal.ts'
import type { Failure } from '../../domain/report/failure.ts'

/** A record as it moves between journals: all that is kept of it. */
export type StoredRecord = Pick<Entry, 'failure' | 'raw' | 'idempotency'>

/** A signal that is no failure, likewise. */
export type StoredSignal = Pick<SignalEntry, 'signal' | 'key'>

/** What is moved in one step: at most so many records, and so many bytes of their bodies and texts, but at least one record. */
export interface BatchLimits {
  readonly records: number
  readonly bytes: number
}

/** Bytes of a row besides its texts and its body, with its share of the indexes. */
export const ROW_BYTES = 512

/** Bytes of body and texts, about: what the sender determines. */
export const bytesOf = (record: StoredRecord | StoredSignal): number =>
  isStoredSignal(record)
    ? record.signal.message.length + record.signal.url.length
    : record.raw.byteLength + record.failure.message.length + record.failure.url.length

export const isStoredSignal = (record: StoredRecord | StoredSignal): record is StoredSignal => 'signal' in record

export const idOf = (record: StoredRecord | StoredSignal): string =>
  isStoredSignal(record) ? record.signal.id : record.failure.id

/** An incident's row; both texts are JSON. */
export interface IncidentRow {
  readonly id: string
  readonly endpoint: string
  readonly closedAt: number | null
  readonly incident: string
  readonly verdicts: string
}

export interface EndpointRow {
  readonly endpoint: string
  readonly goodAt: number | null
  readonly goodProof: string | null
  readonly failedProbes: number
  readonly incidents: number
  readonly incidentId: string | null
  readonly changedAt: number
  /** JSON */
  readonly delivered: string
}

export interface StoredSignalRow {
  readonly id: string
  readonly receivedAt: number
  readonly source: string
  readonly tenant: string
  readonly key: string | null
  readonly incidentId: string | null
  /** JSON, or empty. */
  readonly signal: string
}

/** An event that a hook is still to be sent. */
export interface OutboxRow {
  readonly hook: string
  readonly id: string
  /** JSON. */
  readonly event: string
}

/** What a journal holds besides its records. */
export interface JournalState {
  readonly series: readonly SeriesTotal[]
  readonly endpoints: readonly EndpointRow[]
  readonly incidents: readonly IncidentRow[]
  readonly signals: readonly StoredSignalRow[]
  /** Oldest first. */
  readonly outbox: readonly OutboxRow[]
  readonly canary: CanaryMoments | null
}

/** The records of a journal, whole, for moving them. No replica need run. */
export interface RecordStore {
  count(): Promise<number>
  /** Oldest first, those with a greater id: as many as `limit`, or `PAGE_BYTES` of bodies, allow. */
  after(id: string | null, limit: number): Promise<StoredRecord[]>
  /** Those of the ids that are there, oldest first. */
  findByIds(ids: readonly string[]): Promise<StoredRecord[]>
  /**
   * Adds records whose ids are not there, all or none, durably.
   * @returns ids that were left out: the journal has another record under their sender's id
   */
  add(records: readonly StoredRecord[]): Promise<string[]>
  state(): Promise<JournalState>
  /** Adds what is not there, and replaces what is. */
  putState(state: JournalState): Promise<void>
  close(): Promise<void>
}

/** Bytes of bodies that are moved at once. */
const PAGE_BYTES = 4 * 2 ** 20

/** SQL for the ids of a page of records; its parameters are those of `after`. */
export const idsOfPage = (table: string, [after, limit]: readonly [after: string, limit: string]): string =>
  `SELECT id FROM (SELECT id, sum(bytes) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - bytes AS before FROM
     (SELECT id, octet_length(raw) AS bytes FROM ${table} WHERE id > ${after} ORDER BY id LIMIT ${limit}) AS sizes) AS page
   WHERE before < ${PAGE_BYTES}`

/** The label set under which a record counts where nothing says how it was counted. */
export const labelsOf = ({ source, tenant, endpoint, code, cause }: Failure, tenantLabel: boolean) => ({
  source,
  tenant: tenantLabel ? tenant : '',
  endpoint,
  code: String(code),
  cause,
})

/** So that at no point two incidents of an endpoint are open. */
export const closedFirst = (incidents: readonly IncidentRow[]): IncidentRow[] =>
  incidents.toSorted((a, b) => Number(a.closedAt === null) - Number(b.closedAt === null))

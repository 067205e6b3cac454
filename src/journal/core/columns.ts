import { type Failure, SHARED_FIELDS, type SharedFields } from '../../domain/report/failure.ts'
import type { StoredRecord } from './records.ts'

interface Column {
  readonly name: string
  /** Its type in PostgreSQL. */
  readonly postgres: 'uuid' | 'bigint' | 'text'
}

/**
 * The stored fields of a failure. Statements, rows, digests and the rows between threads are made from this list alone:
 * a new field is a member of `Failure`, a line here, and a migration that adds the column with a default in each adapter.
 * `id` comes first, since pages continue from it.
 */
const COLUMNS = {
  id: { name: 'id', postgres: 'uuid' },
  receivedAt: { name: 'received_at', postgres: 'bigint' },
  source: { name: 'source', postgres: 'text' },
  tenant: { name: 'tenant', postgres: 'text' },
  endpoint: { name: 'endpoint', postgres: 'text' },
  url: { name: 'url', postgres: 'text' },
  code: { name: 'code', postgres: 'bigint' },
  cause: { name: 'cause', postgres: 'text' },
  message: { name: 'message', postgres: 'text' },
  traceId: { name: 'trace_id', postgres: 'text' },
  mark: { name: 'mark', postgres: 'text' },
} as const satisfies Readonly<Record<keyof Required<Failure>, Column>>

const FIELDS = Object.keys(COLUMNS) as (keyof Failure)[]

export const columnOf = (field: keyof Failure): string => COLUMNS[field].name
export const FAILURE_COLUMNS: readonly string[] = FIELDS.map(columnOf)
export const POSTGRES_TYPES: readonly Column['postgres'][] = FIELDS.map((field) => COLUMNS[field].postgres)

/** The values of FAILURE_COLUMNS, in their order. */
export type FailureRow = readonly [id: string, ...values: unknown[]]
export type FailureValue = Exclude<Failure[keyof Failure], undefined> | null
/** A failure's row, then what else is stored of a report. */
export type RecordRow = readonly [...FailureRow, key: string | null, digest: string | null, raw: Uint8Array]

export const failureValues = (failure: Failure): FailureValue[] => FIELDS.map((field) => failure[field] ?? null)

const AT = Object.fromEntries(FIELDS.map((field, index) => [field, index])) as Record<keyof Failure, number>

/** A literal: an export reads thousands of rows per second, and a member that is added by its name costs ten times as much. */
export function failureOf(row: FailureRow): Failure {
  const failure = {
    id: row[AT.id],
    receivedAt: row[AT.receivedAt],
    source: row[AT.source],
    tenant: row[AT.tenant],
    endpoint: row[AT.endpoint],
    url: row[AT.url],
    code: row[AT.code],
    cause: row[AT.cause],
    message: row[AT.message],
    traceId: row[AT.traceId],
  } satisfies Record<Exclude<keyof Failure, 'mark'>, unknown> as unknown as Failure
  return row[AT.mark] === null ? failure : { ...failure, mark: row[AT.mark] as 'simulated' }
}

export function recordOf(row: RecordRow): StoredRecord {
  const [key, digest, raw] = row.slice(FIELDS.length) as [string | null, string | null, Uint8Array]
  return { failure: failureOf(row), raw, ...(key !== null && digest !== null && { idempotency: { key, digest } }) }
}

/** What is individual to each failure of an outage. */
export type OwnFields = Omit<Failure, keyof SharedFields>
const OWN_FIELDS = FIELDS.filter((field): field is keyof OwnFields => !(SHARED_FIELDS as string[]).includes(field))

export function ownFields(failure: Failure): OwnFields {
  const { id, receivedAt, traceId, mark } = failure
  // Nearly every failure; a literal takes a tenth of the loop's time.
  if (mark === undefined) return { id, receivedAt, traceId }
  const own: Partial<Record<keyof OwnFields, unknown>> = {}
  for (const field of OWN_FIELDS) own[field] = failure[field]
  return own as OwnFields
}

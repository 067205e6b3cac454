import { FAILURE_COLUMNS, failureValues, POSTGRES_TYPES } from '../core/columns.ts'
import type { StoredRecord } from '../core/records.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { text, unnest } from './values.ts'

const TYPES = [...POSTGRES_TYPES, 'bytea']

/** An INSERT of any number of records; its parameters are `failureColumns`. */
export const INSERT = `INSERT INTO ${SCHEMA}.failures (${[...FAILURE_COLUMNS, 'raw'].join(', ')})
  SELECT * FROM ${unnest(TYPES)}`
export const INSERT_PARAMETERS = TYPES.length
/** Prepared: it runs for every group. */
export const INSERT_FAILURES = { name: 'insert_failures', text: INSERT }

/** @param onConflict clause for records whose id exists; without it they are an error */
export async function insertFailures(
  session: Session,
  records: readonly StoredRecord[],
  deadline: number,
  onConflict = '',
): Promise<void> {
  if (records.length > 0)
    await session.execute(onConflict ? `${INSERT} ${onConflict}` : INSERT_FAILURES, failureColumns(records), deadline)
}

/** One array per column. */
export function failureColumns(records: readonly StoredRecord[]): unknown[] {
  const rows = records.map(({ failure }) => failureValues(failure))
  return [
    ...FAILURE_COLUMNS.map((_, column) =>
      rows.map((row) => {
        const value = row[column]
        return typeof value === 'string' ? text(value) : value
      }),
    ),
    records.map(({ raw }) => Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)),
  ]
}

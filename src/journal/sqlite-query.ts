import { firstIdAt } from '../domain/failure.ts'
import type { FailureFilter } from '../domain/journal.ts'
import { FAILURE_COLUMNS } from './sqlite-rows.ts'

export interface Query {
  readonly sql: string
  readonly parameters: readonly (string | number)[]
}

/** Newest first, by keyset: a page costs the same wherever it lies, and inserts cannot shift it. */
export function pageQuery(filter: FailureFilter, before: string | undefined, limit: number): Query {
  const conditions: string[] = []
  const parameters: (string | number)[] = []
  const where = (condition: string, value: string | number | undefined) => {
    if (value === undefined) return
    conditions.push(condition)
    parameters.push(value)
  }
  where('source = ?', filter.source)
  where('tenant = ?', filter.tenant)
  where('endpoint = ?', filter.endpoint)
  where('code = ?', filter.code)
  where('cause = ?', filter.cause)
  where('id >= ?', filter.since === undefined ? undefined : firstIdAt(filter.since))
  where('id < ?', filter.until === undefined ? undefined : firstIdAt(filter.until))
  where('id < ?', before)
  const sql = `SELECT ${FAILURE_COLUMNS} FROM failures ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
    ORDER BY id DESC LIMIT ?`
  return { sql, parameters: [...parameters, limit] }
}

export function idQuery(id: string): Query {
  return { sql: `SELECT ${FAILURE_COLUMNS} FROM failures WHERE id = ?`, parameters: [id] }
}

import type { Select } from '../core/reader.ts'
import type { Query } from '../sqlite/query.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { text } from './values.ts'

/** Milliseconds for a page: a rare filter walks far. */
const DEADLINE = 15_000

/** Reads over sessions that no writing waits for. @param lend runs work with one; rejects with AppError `journal_unavailable` */
export const selectBy =
  (lend: <T>(work: (session: Session) => Promise<T>) => Promise<T>): Select =>
  <R>(query: Query) => {
    const { sql, parameters } = forPostgres(query)
    return lend((session) => session.query(sql, parameters, DEADLINE)) as Promise<R[]>
  }

/**
 * A reading query of the SQLite adapter in PostgreSQL's words: tables with their schema, placeholders with numbers, and
 * no value that a column's type does not have, which would be an error instead of an empty page.
 */
export function forPostgres({ sql, parameters }: Query): Query {
  let number = 0
  return {
    sql: sql.replace(/\bFROM (\w+)/, `FROM ${SCHEMA}.$1`).replace(/\?/g, () => `$${++number}`),
    parameters: parameters.map((value) => (typeof value === 'string' ? text(value) : bigint(value))),
  }
}

/** The nearest number that a bigint column holds exactly in JavaScript too. */
const bigint = (value: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Math.trunc(value) || 0, Number.MAX_SAFE_INTEGER))

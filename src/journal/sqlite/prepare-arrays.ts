import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** A statement whose rows are arrays of values, in the order of its columns. @throws Error if SQLite rejects the SQL */
export function prepareArrays(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  return statement
}

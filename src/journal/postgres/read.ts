import { type Dialect, Queries, type Query } from '../core/queries.ts'
import { JournalReader } from '../core/reader.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { text } from './values.ts'

/** Milliseconds for a page: a rare filter walks far. */
const DEADLINE = 15_000

/** The nearest number that a bigint column holds exactly in JavaScript too. */
const bigint = (value: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Math.trunc(value) || 0, Number.MAX_SAFE_INTEGER))

export const POSTGRES: Dialect = {
  table: (name) => `${SCHEMA}.${name}`,
  placeholder: (number) => `$${number}`,
  value: (value) => (typeof value === 'string' ? text(value) : bigint(value)),
}

/** Reads over sessions that writing does not use. @param lend runs work with one; rejects with AppError `journal_unavailable` */
export const readWith = (lend: <T>(work: (session: Session) => Promise<T>) => Promise<T>): JournalReader =>
  new JournalReader(
    new Queries(POSTGRES),
    <R>({ sql, parameters }: Query) => lend((session) => session.query(sql, parameters, DEADLINE)) as Promise<R[]>,
  )

import { type JournalEvents, READ_FAULTS } from '../../domain/ports/journal.ts'
import { type Dialect, Queries, type Query } from '../core/queries.ts'
import { JournalReader } from '../core/reader.ts'
import type { Connector } from './connect.ts'
import { isQueryError, postgresFault } from './fault.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { SessionPool } from './session-pool.ts'
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

/**
 * The sessions that read. Not `pg.Pool`: TLS and password files are read at each connection, the host is the one that was
 * last found writable, a statement has a deadline of the client, and a lost connection is retried once. All that would
 * have to be a `Client` subclass for the pool, and what is left for the pool is this list of two.
 */
export const readerPool = (connector: Connector, events: JournalEvents): SessionPool =>
  new SessionPool(() => connector.another(), {
    max: 2,
    waitLimit: 64,
    onError: (error) => {
      const { kind, detail } = postgresFault(error, connector.where, 'read').fault
      const known = READ_FAULTS.find((each) => each === kind) ?? 'io'
      events.onReadFault?.(isQueryError(error) ? 'query' : known, detail)
    },
    onClosed: () => events.onReadFault?.('closed', 'the journal was closed while it was read'),
  })

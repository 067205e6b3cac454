import type { JournalEvents } from '../../domain/ports/journal.ts'
import { sqlState } from './fault.ts'
import { INDEXES } from './filter-indexes.ts'
import { LOCK, SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/** Milliseconds: a large table is read twice for each index. */
const DEADLINE = 86_400_000
/** States of an error that comes again: the syntax, the feature or the right is not there. */
const UNSUPPORTED = ['42601', '0A000', '42501']

/**
 * Builds what is missing of INDEXES, by the leader and beside everything else: on a large table, where the migration leaves
 * them out, it takes minutes, in which neither a start nor a report may wait. Older replicas that share the database keep the indexes up like any other.
 */
export class IndexBuilder {
  readonly #events: Pick<JournalEvents, 'onWarning'>
  #isDone = false
  #isWarned = false
  #session: Session | undefined

  constructor(events: Pick<JournalEvents, 'onWarning'>) {
    this.#events = events
  }

  /** Does nothing once all were there. Never rejects. @param goesOn asked before each index */
  async run(session: Session, goesOn: () => boolean): Promise<void> {
    if (this.#isDone) return
    this.#session = session
    try {
      this.#isDone = await buildIndexes(session, goesOn)
    } catch (error) {
      const state = sqlState(error)
      // Without a state the connection was lost.
      if (state === undefined) return
      this.#isDone = UNSUPPORTED.includes(state)
      if (!this.#isWarned) this.#events.onWarning?.(`indexes for filters were not built: ${(error as Error).message}`)
      this.#isWarned = true
    } finally {
      this.#session = undefined
    }
  }

  /** Ends the session in which an index is being built; the server may complete it. */
  end(): void {
    this.#session?.end()
  }
}

/** @returns whether all are there now; false if another session builds them, or `goesOn` became false */
export async function buildIndexes(session: Session, goesOn: () => boolean = () => true): Promise<boolean> {
  if (!(await isOnlyBuilder(session))) return false
  for (const [name, columns] of Object.entries(INDEXES)) {
    if (!goesOn()) return false
    const valid = await isValid(session, name)
    if (valid) continue
    // One whose build was interrupted costs each write, and is never used.
    if (valid === false) await session.execute(`DROP INDEX CONCURRENTLY IF EXISTS ${SCHEMA}.${name}`, [], DEADLINE)
    const sql = `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${SCHEMA}.failures ${columns}`
    await session.execute(sql, [], DEADLINE)
  }
  return true
}

/** Without it an index that another session is building would look like one whose build was interrupted. */
async function isOnlyBuilder(session: Session): Promise<boolean> {
  try {
    const [row] = await session.query<[boolean]>(`SELECT pg_try_advisory_lock(${LOCK + 1})`)
    return row?.[0] !== false
  } catch (error) {
    // No advisory locks: the statements may be repeated all the same.
    if (['42883', '0A000'].includes(sqlState(error) ?? '')) return true
    throw error
  }
}

/** @returns undefined if there is no such index */
async function isValid(session: Session, name: string): Promise<boolean | undefined> {
  const [row] = await session.query<[boolean]>(
    `SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2`,
    [SCHEMA, name],
  )
  return row?.[0]
}

import type { Failure } from '../domain/failure.ts'
import { firstIdAt } from '../domain/failure.ts'
import type { FailureFilter, FailurePage } from '../domain/journal.ts'
import { AppError } from '../errors.ts'
import { SCHEMA } from './postgres-migrations.ts'
import type { Session } from './postgres-session.ts'
import { FAILURE_COLUMNS, type FailureRow, failureOf } from './sqlite-rows.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Rows of a stream that are in memory at once. */
const STREAM_PAGE = 200
/** Milliseconds for a page: a rare filter walks far. */
const DEADLINE = 15_000

/** Runs work with a session that only reads; rejects with AppError `journal_unavailable`. */
export type Lend = <T>(work: (session: Session) => Promise<T>) => Promise<T>

/** Reading, over sessions that no writing waits for. */
export class PostgresReader {
  readonly #lend: Lend

  constructor(lend: Lend) {
    this.#lend = lend
  }

  async get(id: string): Promise<Failure | undefined> {
    const key = id.toLowerCase()
    if (!UUID.test(key)) return undefined
    const [row] = await this.#select(`SELECT ${FAILURE_COLUMNS} FROM ${SCHEMA}.failures WHERE id = $1`, [key])
    return row && failureOf(row)
  }

  async list(filter: FailureFilter, { limit, before }: { limit: number; before?: string }): Promise<FailurePage> {
    const cursor = before?.toLowerCase()
    if (cursor !== undefined && !UUID.test(cursor)) {
      throw new AppError('invalid_request', 'the cursor is not one that this service gave', {
        faults: [{ pointer: 'before', detail: 'is not the `next` of an earlier page' }],
      })
    }
    // One more than asked for tells whether there is a next page.
    const rows = await this.#page(filter, cursor, limit + 1)
    const failures = rows.slice(0, limit).map(failureOf)
    return { failures, next: rows.length > limit ? failures.at(-1)!.id : null }
  }

  async *stream(filter: FailureFilter): AsyncGenerator<Failure, void, undefined> {
    let before: string | undefined
    for (;;) {
      const rows: FailureRow[] = await this.#page(filter, before, STREAM_PAGE)
      for (const row of rows) yield failureOf(row)
      if (rows.length < STREAM_PAGE) return
      before = rows.at(-1)![0]
    }
  }

  #page(filter: FailureFilter, before: string | undefined, limit: number): Promise<FailureRow[]> {
    const { sql, parameters } = pageQuery(filter, before, limit)
    return this.#select(sql, parameters)
  }

  #select(sql: string, parameters: readonly unknown[]): Promise<FailureRow[]> {
    return this.#lend((session) => session.query<FailureRow>(sql, parameters, DEADLINE))
  }
}

/** Newest first, by keyset: a page costs the same wherever it lies, and inserts cannot shift it. */
export function pageQuery(
  filter: FailureFilter,
  before: string | undefined,
  limit: number,
): { sql: string; parameters: unknown[] } {
  const conditions: string[] = []
  const parameters: unknown[] = []
  const where = (condition: string, value: string | number | undefined) => {
    if (value === undefined) return
    parameters.push(value)
    conditions.push(`${condition} $${parameters.length}`)
  }
  where('source =', filter.source)
  where('tenant =', filter.tenant)
  where('endpoint =', filter.endpoint)
  where('code =', filter.code)
  where('cause =', filter.cause)
  where('id >=', filter.since === undefined ? undefined : firstIdAt(filter.since))
  where('id <', filter.until === undefined ? undefined : firstIdAt(filter.until))
  where('id <', before)
  parameters.push(limit)
  const sql = `SELECT ${FAILURE_COLUMNS} FROM ${SCHEMA}.failures ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
    ORDER BY id DESC LIMIT $${parameters.length}`
  return { sql, parameters }
}

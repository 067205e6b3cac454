import type { Failure } from '../domain/failure.ts'
import { firstIdAt } from '../domain/failure.ts'
import type { Incident } from '../domain/incident.ts'
import type { FailureFilter, FailurePage, IncidentFilter, IncidentPage, IncidentRecord } from '../domain/journal.ts'
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
    const [row] = await this.#select<FailureRow>(`SELECT ${FAILURE_COLUMNS} FROM ${SCHEMA}.failures WHERE id = $1`, [
      key,
    ])
    return row && failureOf(row)
  }

  async list(filter: FailureFilter, { limit, before }: { limit: number; before?: string }): Promise<FailurePage> {
    const cursor = cursorOf(before)
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

  async incident(id: string): Promise<IncidentRecord | undefined> {
    const key = id.toLowerCase()
    if (!UUID.test(key)) return undefined
    const [row] = await this.#select<readonly [string, string]>(
      `SELECT incident, verdicts FROM ${SCHEMA}.incidents WHERE id = $1`,
      [key],
    )
    return row && { incident: JSON.parse(row[0]), verdicts: JSON.parse(row[1]) }
  }

  async incidents(
    filter: IncidentFilter,
    { limit, before }: { limit: number; before?: string },
  ): Promise<IncidentPage> {
    const { sql, parameters } = incidentsQuery(filter, cursorOf(before), limit + 1)
    const rows = await this.#select<readonly [string]>(sql, parameters)
    const incidents = rows.slice(0, limit).map(([incident]) => JSON.parse(incident) as Incident)
    return { incidents, next: rows.length > limit ? incidents.at(-1)!.id : null }
  }

  #page(filter: FailureFilter, before: string | undefined, limit: number): Promise<FailureRow[]> {
    const { sql, parameters } = pageQuery(filter, before, limit)
    return this.#select(sql, parameters)
  }

  #select<R extends readonly unknown[]>(sql: string, parameters: readonly unknown[]): Promise<R[]> {
    return this.#lend((session) => session.query<R>(sql, parameters, DEADLINE))
  }
}

/** @throws AppError `invalid_request` */
function cursorOf(before: string | undefined): string | undefined {
  const cursor = before?.toLowerCase()
  if (cursor !== undefined && !UUID.test(cursor)) {
    throw new AppError('invalid_request', 'the cursor is not one that this service gave', {
      faults: [{ pointer: 'before', detail: 'is not the `next` of an earlier page' }],
    })
  }
  return cursor
}

interface Query {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** Newest first, by keyset: a page costs the same wherever it lies, and inserts cannot shift it. */
export function pageQuery(filter: FailureFilter, before: string | undefined, limit: number): Query {
  const { where, sql, parameters } = conditions()
  for (const column of ['source', 'tenant', 'endpoint', 'code', 'cause'] as const) {
    if (filter[column] !== undefined) where(`${column} = ?`, filter[column])
  }
  if (filter.since !== undefined) where('id >= ?', firstIdAt(filter.since))
  if (filter.until !== undefined) where('id < ?', firstIdAt(filter.until))
  if (before !== undefined) where('id < ?', before)
  return {
    sql: `SELECT ${FAILURE_COLUMNS} FROM ${SCHEMA}.failures ${sql()} ORDER BY id DESC LIMIT ${limit}`,
    parameters,
  }
}

function incidentsQuery(filter: IncidentFilter, before: string | undefined, limit: number): Query {
  const { where, sql, parameters } = conditions()
  if (filter.open !== undefined) where(`closed_at IS ${filter.open ? '' : 'NOT '}NULL`)
  if (filter.endpoint !== undefined) where('endpoint = ?', filter.endpoint)
  if (filter.since !== undefined) where('(closed_at IS NULL OR closed_at >= ?)', filter.since)
  if (before !== undefined) where('id < ?', before)
  return {
    sql: `SELECT incident FROM ${SCHEMA}.incidents ${sql()} ORDER BY id DESC LIMIT ${limit}`,
    parameters,
  }
}

/** Conditions with `?` for a value, which becomes the next numbered parameter. */
function conditions() {
  const texts: string[] = []
  const parameters: unknown[] = []
  return {
    parameters,
    where(condition: string, value?: string | number) {
      if (value !== undefined) parameters.push(value)
      texts.push(condition.replace('?', `$${parameters.length}`))
    },
    sql: () => (texts.length > 0 ? `WHERE ${texts.join(' AND ')}` : ''),
  }
}

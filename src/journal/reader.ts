import type { Failure } from '../domain/failure.ts'
import type { Incident } from '../domain/incident.ts'
import type { FailureFilter, FailurePage, IncidentFilter, IncidentPage, IncidentRecord } from '../domain/journal.ts'
import { AppError } from '../errors.ts'
import { idQuery, incidentQuery, incidentsQuery, pageQuery, type Query } from './sqlite-query.ts'
import { type FailureRow, failureOf } from './sqlite-rows.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Rows of a stream that are in memory at once. */
const STREAM_PAGE = 200

/** Runs a query; rows are arrays. Rejects with AppError `journal_unavailable`. */
export type Select = <R>(query: Query) => Promise<R[]>

/** The reading half of the port Journal, the same for every adapter. */
export class JournalReader {
  readonly #select: Select

  constructor(select: Select) {
    this.#select = select
  }

  async get(id: string): Promise<Failure | undefined> {
    const key = id.toLowerCase()
    if (!UUID.test(key)) return undefined
    const [row] = await this.#select<FailureRow>(idQuery(key))
    return row && failureOf(row)
  }

  async list(filter: FailureFilter, { limit, before }: { limit: number; before?: string }): Promise<FailurePage> {
    const cursor = cursorOf(before)
    // One more than asked for tells whether there is a next page.
    const rows = await this.#select<FailureRow>(pageQuery(filter, cursor, limit + 1))
    const failures = rows.slice(0, limit).map(failureOf)
    return { failures, next: rows.length > limit ? failures.at(-1)!.id : null }
  }

  async *stream(filter: FailureFilter): AsyncGenerator<Failure, void, undefined> {
    let before: string | undefined
    for (;;) {
      const rows: FailureRow[] = await this.#select<FailureRow>(pageQuery(filter, before, STREAM_PAGE))
      for (const row of rows) yield failureOf(row)
      if (rows.length < STREAM_PAGE) return
      before = rows.at(-1)![0]
    }
  }

  async incident(id: string): Promise<IncidentRecord | undefined> {
    const key = id.toLowerCase()
    if (!UUID.test(key)) return undefined
    const [row] = await this.#select<IncidentRow>(incidentQuery(key))
    return row && { incident: JSON.parse(row[0]), verdicts: JSON.parse(row[1]!) }
  }

  async incidents(
    filter: IncidentFilter,
    { limit, before }: { limit: number; before?: string },
  ): Promise<IncidentPage> {
    const rows = await this.#select<IncidentRow>(incidentsQuery(filter, cursorOf(before), limit + 1))
    const incidents = rows.slice(0, limit).map(([incident]) => JSON.parse(incident) as Incident)
    return { incidents, next: rows.length > limit ? incidents.at(-1)!.id : null }
  }
}

type IncidentRow = readonly [incident: string, verdicts: string | null]

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

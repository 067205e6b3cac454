import { setTimeout as sleep } from 'node:timers/promises'
import type { TimelineSignal } from '../../domain/incident/timeline.ts'
import {
  type FailureCount,
  type FailureFilter,
  type FailurePage,
  type IncidentFilter,
  type IncidentPage,
  type IncidentRecord,
  PAGE_BYTES,
} from '../../domain/ports/journal.ts'
import type { Failure } from '../../domain/report/failure.ts'
import { AppError } from '../../errors.ts'
import { type FailureRow, failureOf } from './columns.ts'
import type { Queries, Query } from './queries.ts'
import { parseIncident, parseVerdicts } from './stored-incident.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Rows of the first query of a reading, and the most of any later one. */
const CHUNK = { first: 2, most: 128 } as const
/**
 * Bytes that one query should bring: what a reader that goes no further has in memory. V8 puts messages between threads
 * of 100 KiB and more into the old generation at once, where garbage stays for long.
 */
const CHUNK_BYTES = 16_384

/** Milliseconds between two chunks of a stream, at most. */
const LONGEST_PAUSE = 3

/** Runs a query; rows are arrays. Rejects with AppError `journal_unavailable`. */
export type Select = <R>(query: Query) => Promise<R[]>

/** Up to so many rows of a listing, older than `before`; fewer only at its end. */
export type Fetch<R> = (before: string | undefined, rows: number) => Promise<R[]>

/** How one listing is fetched, and failures are counted: for each endpoint its counts. */
export interface ReadingWays {
  readonly failures: (filter: FailureFilter) => Fetch<FailureRow>
  readonly count: (count: FailureCount) => Promise<readonly (readonly [endpoint: string, ...counts: number[]])[]>
}

/** The reading half of the port Journal, the same for every adapter. */
export class JournalReader {
  readonly #queries: Queries
  readonly #select: Select
  readonly #failures: ReadingWays['failures']
  readonly #count: ReadingWays['count']

  /** @param ways other ways than the queries of `queries` */
  constructor(queries: Queries, select: Select, ways?: ReadingWays) {
    this.#queries = queries
    this.#select = select
    this.#failures = ways?.failures ?? ((filter) => (before, rows) => select(queries.failures(filter, before, rows)))
    this.#count = ways?.count ?? ((count) => select(queries.failureCounts(count)))
  }

  async get(id: string): Promise<Failure | undefined> {
    const key = id.toLowerCase()
    if (!UUID.test(key)) return undefined
    const [row] = await this.#select<FailureRow>(this.#queries.failure(key))
    return row && failureOf(row)
  }

  async list(filter: FailureFilter, { limit, before }: { limit: number; before?: string }): Promise<FailurePage> {
    const { rows, next } = await this.#page(this.#failures(filter), { limit, before })
    return { failures: rows.map(failureOf), next }
  }

  async *stream(
    filter: FailureFilter,
    { before }: { before?: string | undefined } = {},
  ): AsyncGenerator<readonly Failure[], void, undefined> {
    const fetch = this.#failures(filter)
    let askedAt = performance.now()
    const paced: Fetch<FailureRow> = async (cursor, rows) => {
      // Half of the time belongs to those who report; a reader that is slow itself is not slowed down further.
      await sleep(Math.min(performance.now() - askedAt, LONGEST_PAUSE))
      askedAt = performance.now()
      return fetch(cursor, rows)
    }
    for await (const rows of this.#chunks(paced, { before })) yield rows.map(failureOf)
  }

  async countFailures(count: FailureCount): Promise<ReadonlyMap<string, readonly number[]>> {
    if (count.endpoints.length === 0) return new Map()
    const rows = await this.#count(count)
    return new Map(rows.map(([endpoint, ...counts]) => [endpoint, counts]))
  }

  async incident(id: string): Promise<IncidentRecord | undefined> {
    const key = id.toLowerCase()
    if (!UUID.test(key)) return undefined
    const [row] = await this.#select<readonly [incident: string, verdicts: string]>(this.#queries.incident(key))
    if (!row) return undefined
    const timeline = await this.#select<readonly [signal: string]>(this.#queries.timeline(key))
    return {
      incident: parseIncident(row[0]),
      verdicts: parseVerdicts(row[1]),
      timeline: timeline.map(([signal]) => JSON.parse(signal) as TimelineSignal),
    }
  }

  async incidents(
    filter: IncidentFilter,
    { limit, before }: { limit: number; before?: string },
  ): Promise<IncidentPage> {
    const fetch: Fetch<readonly [id: string, incident: string]> = (cursor, rows) =>
      this.#select(this.#queries.incidents(filter, cursor, rows))
    const { rows, next } = await this.#page(fetch, { limit, before })
    return { incidents: rows.map(([, incident]) => parseIncident(incident)), next }
  }

  /** A page ends at `limit` rows or `PAGE_BYTES`, whichever comes first, and has at least one row if there is any. */
  async #page<R extends Row>(
    fetch: Fetch<R>,
    { limit, before }: { limit: number; before: string | undefined },
  ): Promise<{ rows: R[]; next: string | null }> {
    const rows: R[] = []
    let bytes = 0
    // One row more than asked for shows whether there is a next page.
    for await (const chunk of this.#chunks(fetch, { limit: limit + 1, before })) {
      for (const row of chunk) {
        bytes += bytesOf(row)
        if (rows.length === limit || (rows.length > 0 && bytes > PAGE_BYTES)) return { rows, next: rows.at(-1)![0] }
        rows.push(row)
      }
    }
    return { rows, next: null }
  }

  /** Chunk by chunk; none is empty. */
  async *#chunks<R extends Row>(
    fetch: Fetch<R>,
    { limit = Number.POSITIVE_INFINITY, before }: { limit?: number; before: string | undefined },
  ): AsyncGenerator<readonly R[], void, undefined> {
    let cursor = cursorOf(before)
    let chunk: number = CHUNK.first
    for (let left = limit; left > 0; ) {
      const asked = Math.min(left, chunk)
      const rows: R[] = await fetch(cursor, asked)
      if (rows.length > 0) yield rows
      if (rows.length < asked) return
      left -= rows.length
      cursor = rows.at(-1)![0]
      const bytes = rows.reduce((sum, row) => sum + bytesOf(row), 0)
      chunk = Math.max(1, Math.min(CHUNK.most, 2 * chunk, Math.floor((CHUNK_BYTES * rows.length) / bytes)))
    }
  }
}

type Row = readonly [id: string, ...columns: unknown[]]

/** Of its texts, in UTF-8; the rest of a row is small. */
function bytesOf(row: Row): number {
  let bytes = 0
  for (const column of row) if (typeof column === 'string') bytes += Buffer.byteLength(column)
  return bytes
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

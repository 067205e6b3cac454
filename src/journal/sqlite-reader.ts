import type { Failure } from '../domain/failure.ts'
import type { Incident } from '../domain/incident.ts'
import type { FailureFilter, FailurePage, IncidentFilter, IncidentPage, IncidentRecord } from '../domain/journal.ts'
import { AppError } from '../errors.ts'
import { idQuery, incidentQuery, incidentsQuery, pageQuery, type Query } from './sqlite-query.ts'
import type { Reading } from './sqlite-read-worker.ts'
import { type FailureRow, failureOf } from './sqlite-rows.ts'
import { Thread } from './thread.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Rows of a stream that are in memory at once. */
const STREAM_PAGE = 200

/** Reads in a thread of its own, which exists only while somebody reads. */
export class Reader {
  readonly #idle: number
  #file: string | undefined
  #thread: Thread<Reading> | undefined
  #timer: NodeJS.Timeout | undefined
  #reads = 0

  /** @param idle milliseconds without a reading after which the thread ends */
  constructor(idle: number) {
    this.#idle = idle
  }

  /** From now on that file is read. */
  start(file: string): void {
    this.#file = file
  }

  /** Ends the thread; what it was reading fails. The next reading starts another one, unless the file is gone for good. */
  stop(forGood: boolean): void {
    if (forGood) this.#file = undefined
    clearTimeout(this.#timer)
    this.#thread?.end()
    this.#thread = undefined
  }

  async get(id: string): Promise<Failure | undefined> {
    const [row] = await this.#select<FailureRow>(idQuery(id.toLowerCase()))
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
    const [row] = await this.#select<IncidentRow>(incidentQuery(id.toLowerCase()))
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

  async #select<R>(query: Query): Promise<R[]> {
    const file = this.#file
    if (file === undefined) throw unreadable()
    clearTimeout(this.#timer)
    this.#reads++
    try {
      this.#thread ??= this.#spawn(file)
      return (await this.#thread.call('select', query)) as R[]
    } catch (error) {
      throw unreadable(error)
    } finally {
      this.#reads--
      if (this.#reads === 0) this.#timer = setTimeout(() => this.stop(false), this.#idle).unref()
    }
  }

  #spawn(file: string): Thread<Reading> {
    const thread: Thread<Reading> = new Thread(new URL('./sqlite-read-worker.ts', import.meta.url), {
      data: file,
      heap: 64,
      onEnd: () => {
        if (this.#thread === thread) this.#thread = undefined
      },
    })
    return thread
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

const unreadable = (cause?: unknown) =>
  new AppError('journal_unavailable', 'the journal cannot be read now', { retryAfter: 5, cause })

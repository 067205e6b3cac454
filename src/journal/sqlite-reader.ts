import type { Failure } from '../domain/failure.ts'
import type { FailureFilter, FailurePage } from '../domain/journal.ts'
import { AppError } from '../errors.ts'
import { idQuery, pageQuery, type Query } from './sqlite-query.ts'
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
    const [row] = await this.#select(idQuery(id.toLowerCase()))
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
    const rows = await this.#select(pageQuery(filter, cursor, limit + 1))
    const failures = rows.slice(0, limit).map(failureOf)
    return { failures, next: rows.length > limit ? failures.at(-1)!.id : null }
  }

  async *stream(filter: FailureFilter): AsyncGenerator<Failure, void, undefined> {
    let before: string | undefined
    for (;;) {
      const rows: FailureRow[] = await this.#select(pageQuery(filter, before, STREAM_PAGE))
      for (const row of rows) yield failureOf(row)
      if (rows.length < STREAM_PAGE) return
      before = rows.at(-1)![0]
    }
  }

  async #select(query: Query): Promise<FailureRow[]> {
    const file = this.#file
    if (file === undefined) throw unreadable()
    clearTimeout(this.#timer)
    this.#reads++
    try {
      this.#thread ??= this.#spawn(file)
      return await this.#thread.call('select', query)
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

const unreadable = (cause?: unknown) =>
  new AppError('journal_unavailable', 'the journal cannot be read now', { retryAfter: 5, cause })

import { type FailureFilter, READ_FAULTS, type ReadFault } from '../../domain/ports/journal.ts'
import { AppError } from '../../errors.ts'
import type { FailureRow } from '../core/columns.ts'
import { FaultError } from '../core/fault.ts'
import { Queries } from '../core/queries.ts'
import { type Fetch, JournalReader } from '../core/reader.ts'
import { Thread, ThreadEnded } from '../core/thread.ts'
import { SQLITE } from './dialect.ts'
import type { Reading } from './read-worker.ts'

const QUERIES = new Queries(SQLITE)
/** Filters for which there is no B-tree; see block-index.ts. */
const SEARCHED = ['source', 'tenant', 'endpoint', 'code', 'cause'] as const
/** Ids that one search finds: at first, and at most later. */
const FOUND = { first: 128, most: 1_024 } as const

/** Reads in its own thread, which exists only while reads are in progress. */
export class Reader {
  readonly reads = new JournalReader(QUERIES, (query) => this.#call('select', query), {
    failures: (filter) => this.#failures(filter),
    count: (count) => this.#call('count', count),
  })
  readonly #idle: number
  readonly #onFault: (kind: ReadFault, detail: string) => void
  #file: string | undefined
  #thread: Thread<Reading> | undefined
  #timer: NodeJS.Timeout | undefined
  #reads = 0

  /**
   * @param idle milliseconds without a reading after which the thread ends
   * @param onFault called once for each reading that fails
   */
  constructor(idle: number, onFault: (kind: ReadFault, detail: string) => void) {
    this.#idle = idle
    this.#onFault = onFault
  }

  /** From now on that file is read. */
  start(file: string): void {
    this.#file = file
  }

  /** Ends the thread; what it was reading fails. The next reading starts another one, unless the file is permanently gone. */
  stop(forGood: boolean): void {
    if (forGood) this.#file = undefined
    clearTimeout(this.#timer)
    this.#thread?.end()
    this.#thread = undefined
  }

  /** One listing: rows are fetched by the ids that a search found, which is asked again when none are left. */
  #failures(filter: FailureFilter): Fetch<FailureRow> {
    const walk: Fetch<FailureRow> = (before, rows) => this.#call('select', QUERIES.failures(filter, before, rows))
    if (SEARCHED.every((field) => filter[field] === undefined)) return walk
    let ids: string[] = []
    let limit: number = FOUND.first
    let isEnd = false
    return async (before, rows) => {
      const fetched: FailureRow[] = []
      while (fetched.length < rows) {
        if (ids.length === 0) {
          if (isEnd) break
          const found = await this.#call('search', { filter, before: fetched.at(-1)?.[0] ?? before, limit })
          if (!found) return walk(before, rows)
          ids = found
          isEnd = found.length < limit
          limit = Math.min(FOUND.most, 2 * limit)
          continue
        }
        const query = QUERIES.failuresById(ids.splice(0, rows - fetched.length))
        fetched.push(...(await this.#call<'select', FailureRow[]>('select', query)))
      }
      return fetched
    }
  }

  async #call<K extends keyof Reading, R = Awaited<ReturnType<Reading[K]>>>(
    operation: K,
    argument: Parameters<Reading[K]>[0],
  ): Promise<R> {
    const file = this.#file
    if (file === undefined) {
      this.#onFault('closed', 'the journal is not open')
      throw unreadable()
    }
    clearTimeout(this.#timer)
    this.#reads++
    try {
      this.#thread ??= this.#spawn(file)
      return (await this.#thread.call(operation, argument)) as R
    } catch (error) {
      throw this.#faultOf(error, file)
    } finally {
      this.#reads--
      if (this.#reads === 0) this.#timer = setTimeout(() => this.stop(false), this.#idle).unref()
    }
  }

  /** Reports why a reading failed. @returns what its caller gets */
  #faultOf(error: unknown, file: string): unknown {
    if (error instanceof FaultError) {
      const { kind, detail } = error.fault
      this.#onFault((READ_FAULTS as readonly string[]).includes(kind) ? (kind as ReadFault) : 'io', detail)
      return unreadable(error)
    }
    if (error instanceof ThreadEnded) {
      // Without a reason it was ended by us, because the journal closed or failed, which is reported separately.
      if (error.reason === undefined) this.#onFault('closed', 'the journal was closed while it was read')
      else this.#onFault('io', `the thread that reads ${file} ended: ${error.reason}`)
      return unreadable(error)
    }
    this.#onFault('query', (error as Error).message)
    return error
  }

  #spawn(file: string): Thread<Reading> {
    const thread: Thread<Reading> = new Thread(new URL('./read-worker.ts', import.meta.url), {
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

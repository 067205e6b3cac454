import { AppError } from '../errors.ts'
import { JournalReader } from './reader.ts'
import type { Query } from './sqlite-query.ts'
import type { Reading } from './sqlite-read-worker.ts'
import { Thread } from './thread.ts'

/** Reads in a thread of its own, which exists only while somebody reads. */
export class Reader {
  readonly reads = new JournalReader((query) => this.#select(query))
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

const unreadable = (cause?: unknown) =>
  new AppError('journal_unavailable', 'the journal cannot be read now', { retryAfter: 5, cause })

import { AppError } from '../../errors.ts'
import { isQueryError, isValueError } from './fault.ts'
import type { Session } from './session.ts'

export interface SessionPoolOptions {
  readonly max: number
  /** Callers that may wait for a session; one more is refused. */
  readonly waitLimit: number
  /** Called once for each piece of work that failed, unless a value that it was given is at fault. */
  readonly onError: (error: unknown) => void
  /** Called instead if the sessions were closed meanwhile. */
  readonly onClosed: () => void
}

/** A few sessions, created on demand and lent to one caller at a time. */
export class SessionPool {
  readonly #make: () => Promise<Session>
  readonly #options: SessionPoolOptions
  readonly #idle: Session[] = []
  readonly #waiting: (() => void)[] = []
  readonly #lent = new Set<Session>()
  #open = 0
  /** Raised by `end`: a session made before is not kept, and nothing is repeated. */
  #generation = 0

  constructor(make: () => Promise<Session>, options: SessionPoolOptions) {
    this.#make = make
    this.#options = options
  }

  /**
   * @param work must be safe to repeat: where the connection is lost meanwhile it runs once more, on a new one
   * @throws AppError `invalid_request` if a value is out of range; the error itself if the statement is at fault; else
   *   AppError `journal_unavailable`
   */
  async lend<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#open < this.#options.max) this.#open++
    else if (this.#waiting.length >= this.#options.waitLimit) throw unreadable()
    // The one that ends passes its slot on.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const generation = this.#generation
    try {
      return await this.#run(work, generation)
    } catch (error) {
      if (isValueError(error)) throw new AppError('invalid_request', 'a value in the query is out of range')
      if (generation === this.#generation) this.#options.onError(error)
      else this.#options.onClosed()
      throw isQueryError(error) ? error : unreadable(error)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#open--
    }
  }

  async #run<T>(work: (session: Session) => Promise<T>, generation: number): Promise<T> {
    const session = (await this.#liveIdle()) ?? (await this.#make())
    try {
      return await this.#use(session, work, generation)
    } catch (error) {
      // After its deadline a session is not usable either; the caller has waited long enough then.
      if (session.usable || session.isTimedOut || generation !== this.#generation) throw error
      return await this.#use(await this.#make(), work, generation)
    }
  }

  async #use<T>(session: Session, work: (session: Session) => Promise<T>, generation: number): Promise<T> {
    this.#lent.add(session)
    try {
      return await work(session)
    } finally {
      this.#lent.delete(session)
      if (session.usable && generation === this.#generation) this.#idle.push(session)
      else session.end()
    }
  }

  async #liveIdle(): Promise<Session | undefined> {
    for (let session = this.#idle.pop(); session; session = this.#idle.pop())
      if (await session.isAlive()) return session
    return undefined
  }

  /** Closes what is open; what is under way fails. Later callers get new sessions. */
  end(): void {
    this.#generation++
    for (const session of [...this.#idle.splice(0), ...this.#lent]) session.end()
  }
}

const unreadable = (cause?: unknown) =>
  new AppError('journal_unavailable', 'the journal cannot be read now', { retryAfter: 5, cause })

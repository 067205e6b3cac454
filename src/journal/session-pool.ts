import { AppError } from '../errors.ts'
import type { Session } from './postgres-session.ts'

/** A few sessions that work in turn for whoever asks, made when first needed. */
export class SessionPool {
  readonly #make: () => Promise<Session>
  readonly #max: number
  readonly #waitLimit: number
  readonly #idle: Session[] = []
  readonly #waiting: (() => void)[] = []
  #lent = new Set<Session>()
  #open = 0

  /** @param waitLimit callers that may wait for a session; one more is refused */
  constructor(make: () => Promise<Session>, { max, waitLimit }: { readonly max: number; readonly waitLimit: number }) {
    this.#make = make
    this.#max = max
    this.#waitLimit = waitLimit
  }

  /** @throws AppError `journal_unavailable`, also for whatever went wrong with the session */
  async lend<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#open >= this.#max) {
      if (this.#waiting.length >= this.#waitLimit) throw unreadable()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#open++
    let session: Session | undefined
    try {
      session = this.#idle.pop() ?? (await this.#make())
      this.#lent.add(session)
      return await work(session)
    } catch (error) {
      throw unreadable(error)
    } finally {
      this.#open--
      if (session) this.#lent.delete(session)
      if (session?.usable) this.#idle.push(session)
      this.#waiting.shift()?.()
    }
  }

  /** Closes what is open; what is under way fails. Later callers get new sessions. */
  end(): void {
    for (const session of [...this.#idle.splice(0), ...this.#lent]) session.end()
    this.#lent = new Set()
  }
}

const unreadable = (cause?: unknown) =>
  new AppError('journal_unavailable', 'the journal cannot be read now', { retryAfter: 5, cause })

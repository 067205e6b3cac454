import { type BackOff, backOff } from '../../back-off.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { JournalStatus } from '../../domain/ports/journal.ts'
import { AppError } from '../../errors.ts'
import type { Fault } from './fault.ts'

export interface LifeCycleOptions {
  readonly clock: Clock
  /** Milliseconds: first and longest wait before opening is tried again. */
  readonly retry: { readonly min: number; readonly max: number }
  /** What an error of the store means. */
  readonly faultOf: (error: unknown) => Fault
}

interface Handlers {
  /** One attempt to open the store. */
  readonly open: () => Promise<void>
  /** The store failed; nothing that is pending may be acknowledged. */
  readonly onFault: (fault: Fault) => void
}

/** Whether a store can be written, and the attempts to open it until it can, with back-off. */
export class LifeCycle {
  readonly #options: LifeCycleOptions
  #handlers: Handlers | undefined
  #state: 'new' | 'down' | 'up' | 'closing' | 'closed' = 'new'
  #generation = 0
  #since: number
  #fault: Fault | undefined
  readonly #delays: BackOff
  #opening: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  /** Resolves `open` at the first fault, although an attempt may still hang. */
  readonly #firstFault = Promise.withResolvers<void>()
  readonly #timers: NodeJS.Timeout[] = []

  constructor(options: LifeCycleOptions) {
    this.#options = options
    this.#since = options.clock()
    // Jitter above one half: the replicas of a database that comes back must not return in one wave.
    this.#delays = backOff({ ...options.retry, jitter: 0.5 })
  }

  get isNew(): boolean {
    return this.#state === 'new'
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  get isDown(): boolean {
    return this.#state === 'down'
  }

  get isClosing(): boolean {
    return this.#state === 'closing' || this.#state === 'closed'
  }

  /** It is closing, and was up until then. */
  get isFinishing(): boolean {
    return this.#state === 'closing'
  }

  /** Grows with every fault: what an earlier opening began is recognised by it. */
  get generation(): number {
    return this.#generation
  }

  status(): Pick<JournalStatus, 'up' | 'since' | 'fault'> {
    return {
      up: this.isUp || (this.#state === 'closing' && this.#fault === undefined),
      since: this.#since,
      ...(this.#fault && { fault: this.#fault }),
    }
  }

  /** Resolves when the first attempt to open has ended, or the first fault was reported. Later calls do nothing. */
  async open(handlers: Handlers): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'down'
    this.#handlers = handlers
    await Promise.race([this.#attempt(), this.#firstFault.promise])
  }

  /** Runs work at regular times until closing. */
  every(milliseconds: number, work: () => void): void {
    this.#timers.push(setInterval(work, milliseconds).unref())
  }

  /** The store is open. */
  up(): void {
    this.#state = 'up'
    this.#delays.reset()
    this.#cancelRetry()
    this.#since = this.#options.clock()
    this.#fault = undefined
  }

  /** The store cannot be written: opening is tried again. */
  fail(error: unknown): void {
    const { clock, faultOf } = this.#options
    const fault = faultOf(error)
    this.#generation++
    if (this.isUp || this.#fault === undefined) this.#since = clock()
    this.#fault = fault
    if (!this.isClosing) this.#state = 'down'
    this.#handlers?.onFault(fault)
    this.#firstFault.resolve()
    if (this.isClosing) return
    this.#cancelRetry()
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      void this.#attempt()
    }, this.#delays.next())
  }

  /** @returns whether it was up; undefined if it is closing already */
  startClosing(): boolean | undefined {
    if (this.isClosing) return undefined
    const wasUp = this.isUp
    this.#state = 'closing'
    this.#cancelRetry()
    for (const timer of this.#timers) clearInterval(timer)
    return wasUp
  }

  closed(): void {
    this.#generation++
    this.#state = 'closed'
  }

  /** Why nothing can be written now; undefined while up. */
  refusal(): AppError | undefined {
    if (this.isUp) return undefined
    if (!this.isClosing) return this.unavailable()
    return new AppError('shutting_down', 'the service is shutting down', { retryAfter: 5 })
  }

  /** A sender that waits as long as it says finds that opening was tried again. */
  unavailable(mayBeDone = false): AppError {
    const retryAfter = Math.max(1, Math.ceil(Math.min(this.#options.retry.max, 5_000) / 1_000))
    return new AppError('journal_unavailable', 'the report is not known to be stored; send it again', {
      retryAfter,
      mayBeDone,
    })
  }

  /** Never rejects. One that hangs is not joined by another. */
  #attempt(): Promise<void> {
    if (!this.isDown) return Promise.resolve()
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    try {
      await this.#handlers!.open()
    } catch (error) {
      // If the fault was reported while opening, the next attempt is already scheduled.
      if (this.isDown && this.#retry === undefined) this.fail(error)
    }
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
  }
}

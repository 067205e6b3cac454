import { type BackOff, backOff } from '../back-off.ts'
import type { RetryReason } from '../domain/report/delivery.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Route } from './routes.ts'

/** Milliseconds of back-off: the least, and the most of the first and of any retry. */
const [LEAST, FIRST, MOST] = [25, 50, 250]
/** Statuses by which something in front of the application says that it is not reachable, or overloaded. */
const GATEWAY_STATUSES: readonly number[] = [502, 503, 504]

/** What may still be done for one delivery, and why it was called for. */
export class Retries {
  readonly #route: Route
  readonly #budget: RetryBudget
  /** Monotonic milliseconds: when the delivery began. */
  readonly started = performance.now()
  #reason: RetryReason | undefined
  #wasMade = false
  #wasResent = false
  #delays: BackOff | undefined

  /** Call it when the delivery begins. */
  constructor(route: Route, budget: RetryBudget) {
    this.#route = route
    this.#budget = budget
    budget.delivered(this.started)
  }

  /** Why the first failed attempt called for another, and whether another was made or waited for; undefined if none did. */
  get outcome(): { readonly reason: RetryReason; readonly wasMade: boolean } | undefined {
    return this.#reason && { reason: this.#reason, wasMade: this.#wasMade }
  }

  /** Milliseconds since the delivery began. */
  elapsed(): number {
    return performance.now() - this.started
  }

  /** Milliseconds without a response after which an attempt is given up; undefined if never. */
  get attemptTimeout(): number | undefined {
    const { attemptTimeout, patience } = this.#route
    return this.#isIdempotent ? (attemptTimeout ?? patience / 2) : undefined
  }

  /** Milliseconds in which another attempt may still begin; negative if none may. */
  patienceLeft(): number {
    return this.#route.patience - this.elapsed()
  }

  /** Whether the route retries a response with this status. */
  isRetryable(status: number): boolean {
    return this.#isIdempotent && (this.isUnavailable(status) || this.#route.statuses.includes(status))
  }

  /** Whether it says that the application could not be reached, or asked. */
  isUnavailable(status: number): boolean {
    return GATEWAY_STATUSES.includes(status)
  }

  /** Another attempt would have helped. */
  needed(reason: RetryReason): void {
    this.#reason ??= reason
  }

  /** Another attempt is made. */
  made(): void {
    this.#wasMade = true
  }

  /** @returns milliseconds to wait before another attempt, which is taken out of the budget; undefined if none may follow */
  next(reason: RetryReason): number | undefined {
    const left = this.patienceLeft()
    if (!this.#isIdempotent || left < LEAST || !this.#budget.withdraw()) return undefined
    this.needed(reason)
    this.#wasMade = true
    this.#delays ??= backOff({ min: FIRST, max: MOST })
    return LEAST + Math.random() * (Math.min(this.#delays.next(), left) - LEAST)
  }

  /** Whether a request of which no byte was sent may be sent once more. */
  resend(): boolean {
    this.needed('unsent')
    if (this.#wasResent) return false
    this.#wasResent = true
    this.#wasMade = true
    return true
  }

  get #isIdempotent(): boolean {
    return this.#route.retry === 'idempotent'
  }
}

import { backOff } from '../back-off.ts'
import type { RetryReason } from '../domain/delivery.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Route } from './routes.ts'

/** Milliseconds of back-off: the least, and the most of the first and of any retry. */
const [LEAST, FIRST, MOST] = [25, 50, 250]
/** Statuses by which something in front of the application says that it is not reachable, or overloaded. */
const GATEWAY_STATUSES: readonly number[] = [502, 503, 504]

/** What may still be done for one delivery, and why it was called for. */
export interface Retries {
  /** Why the first failed attempt called for another; undefined if none did. */
  readonly reason: RetryReason | undefined
  /** Whether another attempt was made, or waited for. */
  readonly wasMade: boolean
  /** Milliseconds without a response after which an attempt is given up; undefined if never. */
  readonly attemptTimeout: number | undefined
  /** Milliseconds in which another attempt may still begin; negative if none may. */
  patienceLeft(): number
  /** Whether the route retries a response with this status. */
  isRetryable(status: number): boolean
  /** Whether it says that the application could not be reached, or asked. */
  isUnavailable(status: number): boolean
  /** Another attempt would have helped. */
  needed(reason: RetryReason): void
  /** Another attempt is made. */
  made(): void
  /** @returns milliseconds to wait before another attempt, which is taken out of the budget; undefined if none may follow */
  next(reason: RetryReason): number | undefined
  /** Whether a request of which no byte was sent may be sent once more. */
  resend(): boolean
}

export function createRetries(
  { retry, patience, statuses, attemptTimeout = patience / 2 }: Route,
  budget: RetryBudget,
): Retries {
  const started = performance.now()
  const isIdempotent = retry === 'idempotent'
  let reason: RetryReason | undefined
  let wasMade = false
  const delays = backOff({ min: FIRST, max: MOST })
  let wasResent = false
  const patienceLeft = () => started + patience - performance.now()
  return {
    get reason() {
      return reason
    },
    get wasMade() {
      return wasMade
    },
    attemptTimeout: isIdempotent ? attemptTimeout : undefined,
    patienceLeft,
    isRetryable: (status) => isIdempotent && (GATEWAY_STATUSES.includes(status) || statuses.includes(status)),
    isUnavailable: (status) => GATEWAY_STATUSES.includes(status),
    needed(why) {
      reason ??= why
    },
    made() {
      wasMade = true
    },
    next(why) {
      const left = patienceLeft()
      if (!isIdempotent || left < LEAST || !budget.withdraw()) return undefined
      reason ??= why
      wasMade = true
      return LEAST + Math.random() * (Math.min(delays.next(), left) - LEAST)
    },
    resend() {
      reason ??= 'unsent'
      if (wasResent) return false
      wasResent = true
      wasMade = true
      return true
    },
  }
}

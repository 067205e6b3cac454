import { backOff } from '../back-off.ts'
import { GIVE_UP_AFTER } from '../domain/ports/outbox.ts'

export interface LaneTimes {
  /** Milliseconds before the first retry, and at most. */
  readonly firstRetry: number
  readonly longestRetry: number
  /** Milliseconds after the event until it is given up. */
  readonly giveUpAfter: number
  /** From 0 to below 1. */
  readonly random: () => number
}

const DEFAULTS: LaneTimes = {
  firstRetry: 1_000,
  longestRetry: 300_000,
  giveUpAfter: GIVE_UP_AFTER,
  random: Math.random,
}
/** Share of each delay that is added at random, so that retries of many incidents do not come in step. */
const JITTER = 0.2

/** The attempts at the first event of an incident that a hook waits for. Times are milliseconds of a clock that is never set. */
export interface Lane {
  readonly sequence: number
  readonly dueAt: number
  readonly attempts: number
  /** Notes a failed attempt. @param retryAfter milliseconds that the receiver asks for @returns milliseconds to wait */
  failed(now: number, retryAfter: number | undefined): number
  /** Whether it is given up. Each process makes at least one attempt. */
  isOver(now: number): boolean
}

/**
 * @param age of the event by the wall clock, milliseconds. Only here does that clock count, so that setting it while this
 *   process runs neither gives up an event nor keeps it forever.
 */
export function createLane(
  { sequence }: { readonly sequence: number },
  { now, age, ...times }: { readonly now: number; readonly age: number } & Partial<LaneTimes>,
): Lane {
  const { firstRetry, longestRetry, giveUpAfter, random } = { ...DEFAULTS, ...times }
  const delays = backOff({ min: firstRetry, max: longestRetry })
  const overAt = now + Math.min(Math.max(giveUpAfter - age, 0), giveUpAfter)
  let dueAt = now
  let attempts = 0
  return {
    sequence,
    get dueAt() {
      return dueAt
    },
    get attempts() {
      return attempts
    },
    failed(at, retryAfter = 0) {
      attempts++
      const wait = Math.max(delays.next() * (1 + JITTER * random()), retryAfter)
      // A receiver that asks for longer than there is time for is asked no more.
      dueAt = Math.min(at + wait, Math.max(overAt, at))
      return dueAt - at
    },
    isOver: (at) => attempts > 0 && at >= overAt,
  }
}

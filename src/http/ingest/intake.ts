import { AppError } from '../../errors.ts'

export interface IntakeOptions {
  /** Milliseconds from a whole body to its answer. */
  readonly answerTimeout: number
  /** Milliseconds until a report that is handed to the journal now is expected to be durable. */
  readonly expectedCommit: () => number
}

/**
 * Milliseconds of work per turn of the event loop. Between turns all sockets are read, so no request waits unnoticed, and one
 * connection is accepted (libuv takes one per turn).
 */
const SLICE = 2
/**
 * Milliseconds since the last new connection within which others are expected: they are accepted first, since nothing is known
 * of what waits on them. But no report waits longer than this for them.
 */
const ACCEPTING = 5
const LONGEST_ACCEPTING = 100
/** Bytes of a body from which on its work takes longer than a turn of the event loop without work. */
const LONG = 2_048
/** Part of the deadline that may be planned with: estimates err, and the answer has to be written too. */
const PART = 0.85
/** Bytes of bodies that wait. */
const MOST_BYTES = 32 * 2 ** 20

/** Undefined while there is time left; throws (as rejection) AppError `overloaded` once the report could not be durable in time. */
export type Pause = () => Promise<void> | undefined

interface Waiting {
  readonly arrivedAt: number
  readonly bytes: number
  readonly work: () => void
  readonly refuse: () => void
}

/**
 * Does the work of reports (parsing, classifying, redacting) one after the other, and refuses what could not be durable before
 * its answer is due. A report is refused before any work is done for it and before the journal has it: one that is stored but
 * answered 503 comes again.
 *
 * As long as there is little to do, the work is done at once.
 */
export class Intake {
  readonly #options: IntakeOptions
  /** Without those before `#next`, which are done. */
  #queue: (Waiting | undefined)[] = []
  #next = 0
  #bytes = 0
  /** Long works between two steps: one of them goes on in each turn, so that however many there are, others wait for one slice. */
  readonly #paused: (() => void)[] = []
  /** Of this turn of the event loop: when its first report was seen, and the milliseconds of work. */
  #turn: { readonly seenAt: number; readonly arrivedAt: number; spent: number } | undefined
  #lastTurn = { seenAt: 0, idle: 0, count: Number.NEGATIVE_INFINITY }
  /** Milliseconds that a waiting report adds to the wait of those behind it, with all that is done between. */
  #pace = 0
  #pumpedAt = 0
  #acceptedAt = Number.NEGATIVE_INFINITY

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Reports that wait for their turn. */
  get length(): number {
    return this.#queue.length - this.#next
  }

  /** A connection was accepted. */
  accepted(): void {
    this.#acceptedAt = performance.now()
  }

  get #isAccepting(): boolean {
    return performance.now() - this.#acceptedAt < ACCEPTING
  }

  /**
   * Handles a report with a body of this many bytes that has just been read.
   * @param work may take long if it calls `pause` between its steps
   * @throws AppError (as rejection) `overloaded`; what `work` throws
   */
  run<T>(bytes: number, steps: (pause: Pause) => Promise<T>): Promise<T> {
    const turn = this.#currentTurn()
    const now = performance.now()
    const work = () => steps(this.#pauses(turn.arrivedAt))
    if (this.length === 0 && turn.spent < SLICE && !(bytes > LONG && this.#isAccepting)) {
      if (this.#isLate(turn.arrivedAt, 0, now)) return Promise.reject(overloaded())
      return this.#timed(turn, work, now)
    }
    if (this.#bytes + bytes > MOST_BYTES || this.#isLate(turn.arrivedAt, this.length * this.#pace, now))
      return Promise.reject(overloaded())
    this.#bytes += bytes
    return new Promise((resolve, reject) => {
      this.#queue.push({
        arrivedAt: turn.arrivedAt,
        bytes,
        work: () => this.#timed(this.#currentTurn(), work, performance.now()).then(resolve, reject),
        refuse: () => reject(overloaded()),
      })
    })
  }

  /** For a report that arrived then: lets others have their turn once a slice of its own time is used up. */
  #pauses(arrivedAt: number): Pause {
    let begun = performance.now()
    return () => {
      if (performance.now() - begun < SLICE) return undefined
      this.#currentTurn()
      return new Promise<void>((resolve, reject) => {
        this.#paused.push(() => (this.#isLate(arrivedAt, 0, performance.now()) ? reject(overloaded()) : resolve()))
      }).then(() => {
        begun = performance.now()
      })
    }
  }

  /** Whether a report could hardly be durable in time if its work were done after `wait` milliseconds. */
  #isLate(arrivedAt: number, wait: number, now: number): boolean {
    const { answerTimeout, expectedCommit } = this.#options
    return now - arrivedAt + wait + expectedCommit() > answerTimeout * PART
  }

  #timed<T>(turn: { spent: number }, work: () => Promise<T>, begun: number): Promise<T> {
    try {
      return work()
    } catch (error) {
      return Promise.reject(error)
    } finally {
      turn.spent += performance.now() - begun
    }
  }

  /**
   * A request that is read now may have waited unread while the turn before was busy, unless the event loop has rested since.
   * Which of them waited how long cannot be known: half of that time is assumed.
   */
  #currentTurn() {
    if (this.#turn) return this.#turn
    const seenAt = performance.now()
    const { idleTime: idle, uvMetricsInfo } = performance.nodeTiming
    const count = uvMetricsInfo.loopCount
    const last = this.#lastTurn
    const wasBusy = count - last.count <= 1 && idle - last.idle < 0.5
    this.#turn = { seenAt, arrivedAt: wasBusy ? (last.seenAt + seenAt) / 2 : seenAt, spent: 0 }
    this.#lastTurn = { seenAt, idle, count }
    setImmediate(() => this.#endTurn())
    return this.#turn
  }

  #endTurn(): void {
    this.#turn = undefined
    this.#paused.shift()?.()
    if (this.length === 0) {
      if (this.#paused.length > 0) this.#currentTurn()
      return
    }
    const turn = this.#currentTurn()
    const waited = performance.now() - this.#queue[this.#next]!.arrivedAt
    if (waited < LONGEST_ACCEPTING && this.#isAccepting) return
    let done = 0
    while (this.length > 0 && turn.spent < SLICE) {
      const { arrivedAt, bytes, work, refuse } = this.#queue[this.#next]!
      this.#queue[this.#next++] = undefined
      this.#bytes -= bytes
      if (this.#isLate(arrivedAt, 0, performance.now())) refuse()
      else {
        work()
        done++
      }
    }
    this.#learnPace(done, turn.seenAt)
    if (this.length === 0) {
      this.#queue = []
      this.#next = 0
      this.#pumpedAt = 0
    } else if (this.#next > 1_024) {
      this.#queue = this.#queue.slice(this.#next)
      this.#next = 0
    }
  }

  #learnPace(done: number, now: number): void {
    if (this.#pumpedAt > 0 && done > 0) this.#pace += ((now - this.#pumpedAt) / done - this.#pace) / 8
    this.#pumpedAt = now
  }
}

const overloaded = () =>
  new AppError('overloaded', 'more reports arrive than can be stored in time; send it again', { retryAfter: 1 })

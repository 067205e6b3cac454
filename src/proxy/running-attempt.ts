import type { AttemptSpan } from '../domain/ports/telemetry.ts'
import type { AttemptCode } from '../domain/report/delivery.ts'
import { Attempt, type AttemptEvents } from './attempt.ts'
import type { DeliveryContext } from './delivery-context.ts'
import type { SendOptions } from './upstream.ts'

/** What a running attempt tells of. */
export interface RunningAttemptEvents extends AttemptEvents {
  /** It has waited for a connection for as long as it may. */
  onConnectTooLate(): void
  /** It has gone without a response for as long as it should. */
  onSlow(): void
}

const connectTooLate = (events: RunningAttemptEvents) => events.onConnectTooLate()
const slow = (events: RunningAttemptEvents) => events.onSlow()

/** One attempt with its timer and its span. It is reported once, however it ends. */
export class RunningAttempt {
  readonly #context: DeliveryContext
  readonly #events: RunningAttemptEvents
  readonly #span: AttemptSpan
  readonly #ends: AttemptCode[]
  readonly #attempt: Attempt
  #timer: NodeJS.Timeout | undefined
  #isReported = false

  /** @param ends how the attempts of the delivery ended; it is added */
  constructor(
    context: DeliveryContext,
    events: RunningAttemptEvents,
    { span, ends }: { readonly span: AttemptSpan; readonly ends: AttemptCode[] },
  ) {
    this.#context = context
    this.#events = events
    this.#span = span
    this.#ends = ends
    this.#attempt = new Attempt(events)
  }

  /** @param connectWithin milliseconds for which it may wait for a connection; undefined for as long as it takes */
  start(send: SendOptions, connectWithin: number | undefined): void {
    if (connectWithin !== undefined) this.#timer = setTimeout(connectTooLate, Math.max(0, connectWithin), this.#events)
    this.#context.upstream.send(send, this.#attempt)
  }

  /**
   * The request is being written.
   * @param slowAfter milliseconds without a response after which `onSlow` is called; undefined for never
   */
  begun(slowAfter: number | undefined): void {
    clearTimeout(this.#timer)
    if (slowAfter !== undefined) this.#timer = setTimeout(slow, slowAfter, this.#events)
  }

  /** Its response has begun. */
  responded(): void {
    clearTimeout(this.#timer)
  }

  resume(): void {
    this.#attempt.resume()
  }

  /** It has ended. */
  report(code: AttemptCode, error?: Error): void {
    clearTimeout(this.#timer)
    if (this.#isReported) return
    this.#isReported = true
    this.#ends.push(code)
    this.#span.end(
      typeof code === 'number' ? { status: code } : { errorType: code, ...(error && { message: error.message }) },
    )
  }

  /** Ends it. */
  cancel(code: AttemptCode): void {
    this.report(code)
    this.#attempt.cancel()
  }
}

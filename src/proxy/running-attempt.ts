import type { AttemptCode } from '../domain/delivery.ts'
import type { AttemptSpan } from '../domain/telemetry.ts'
import { Attempt, type AttemptEvents } from './attempt.ts'
import type { SendOptions, Upstream } from './upstream.ts'

export interface RunningAttemptOptions {
  readonly upstream: Upstream
  readonly send: SendOptions
  readonly events: AttemptEvents
  readonly span: AttemptSpan
  /** Milliseconds for which it may wait for a connection; undefined for as long as it takes. */
  readonly connectWithin: number | undefined
  readonly onConnectTooLate: () => void
  /** Milliseconds without a response after which `onSlow` is called; undefined for never. */
  readonly slowAfter: number | undefined
  readonly onSlow: () => void
  readonly onReport: (result: { readonly ok: boolean; readonly code: AttemptCode }) => void
}

/** One attempt with its timers and its span. It is reported once, however it ends. */
export class RunningAttempt {
  readonly #options: RunningAttemptOptions
  readonly #attempt: Attempt
  #connecting: NodeJS.Timeout | undefined
  #slow: NodeJS.Timeout | undefined
  #isReported = false

  constructor(options: RunningAttemptOptions) {
    const { connectWithin, onConnectTooLate } = options
    this.#options = options
    this.#attempt = new Attempt(options.events)
    if (connectWithin !== undefined) this.#connecting = setTimeout(onConnectTooLate, Math.max(0, connectWithin))
  }

  start(): void {
    this.#options.upstream.send(this.#options.send, this.#attempt)
  }

  /** The request is being written. */
  begun(): void {
    const { slowAfter, onSlow } = this.#options
    clearTimeout(this.#connecting)
    if (slowAfter !== undefined) this.#slow = setTimeout(onSlow, slowAfter)
  }

  /** Its response has begun. */
  responded(): void {
    clearTimeout(this.#slow)
  }

  resume(): void {
    this.#attempt.resume()
  }

  /** It has ended. */
  report(code: AttemptCode, error?: Error): void {
    clearTimeout(this.#connecting)
    clearTimeout(this.#slow)
    if (this.#isReported) return
    this.#isReported = true
    const isStatus = typeof code === 'number'
    this.#options.onReport({ ok: isStatus && code >= 200 && code < 300, code })
    this.#options.span.end({
      ...(isStatus ? { status: code } : { errorType: code }),
      ...(error && { message: error.message }),
    })
  }

  /** Ends it. */
  cancel(code: AttemptCode): void {
    this.report(code)
    this.#attempt.cancel()
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Timed } from '../deadlines.ts'
import type { AttemptCode, OtherReason, RetryReason } from '../domain/report/delivery.ts'
import type { Claim } from '../signature/recognizer.ts'
import { type AnswerCode, answer } from './answers.ts'
import type { AttemptFailure, ResponseHead } from './attempt.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { Ending } from './delivery-end.ts'
import { repeated } from './headers.ts'
import { RequestBody } from './request-body.ts'
import { ResponseWriter } from './response-writer.ts'
import { Retries } from './retries.ts'
import { RunningAttempt, type RunningAttemptEvents } from './running-attempt.ts'
import type { DeliverySpan } from './safe-span.ts'

/** Passes one delivery on, in one or more attempts, and answers it once. */
export class Delivery extends Timed implements RunningAttemptEvents {
  readonly #context: DeliveryContext
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #span: DeliverySpan
  readonly #body: RequestBody
  readonly #writer: ResponseWriter
  readonly #headers: string[]
  readonly #retries: Retries
  readonly #ending: Ending
  #attempt: RunningAttempt | undefined
  #attempts = 0
  /** Attempts of which the application may have received something. */
  #received = 0
  #hasEnded = false
  #endWait: (() => void) | undefined
  #pause: NodeJS.Timeout | undefined

  /**
   * Call it in the turn after the request's header was parsed.
   * @param about its span, its header as the application gets it, and whether it may be the platform's
   */
  constructor(
    context: DeliveryContext,
    request: IncomingMessage,
    response: ServerResponse,
    about: { readonly span: DeliverySpan; readonly headers: string[]; readonly claim: Claim | OtherReason },
  ) {
    super()
    this.#context = context
    this.#request = request
    this.#response = response
    this.#ending = new Ending(about.claim)
    this.#span = about.span
    this.#headers = about.headers
    this.#body = new RequestBody(request, context.space, (chunk) => this.#ending.update(chunk))
    this.#retries = new Retries(context.route, context.upstream.budget)
    this.#writer = new ResponseWriter(response, this)
    context.deadlines.add(this, this.#retries.started)
    response.on('close', () => this.#end())
  }

  start(): void {
    const { route, upstream } = this.#context
    const admitted = route.retry === 'none' ? 'send' : upstream.gate.admit(route.patience)
    if (admitted === 'send') {
      this.#send()
      return
    }
    this.#retries.needed('connect')
    if (admitted === 'refuse') this.#fail('upstream_unavailable')
    else this.#wait(admitted === 'try')
  }

  #send(): void {
    const { route, upstream } = this.#context
    const { method = 'GET', url = '/' } = this.#request
    this.#attempts += 1
    const span = this.#span.attempt({ url: upstream.origin, method, number: this.#attempts })
    this.#attempt = new RunningAttempt(this.#context, this, { span, ends: this.#ending.attempts })
    const headers = this.#received === 0 ? this.#headers : repeated(this.#headers, this.#received + 1)
    this.#attempt.start(
      { method, path: url, headers, body: this.#body.next() },
      route.retry === 'none' ? undefined : this.#retries.patienceLeft(),
    )
  }

  /** Connecting fails: nothing has reached the application, and nothing can until it succeeds. */
  #wait(isTrial = false): void {
    const { route, upstream } = this.#context
    if (this.#attempts > 0 && upstream.gate.hasFailedFor(route.patience)) {
      this.#fail('upstream_unavailable')
      return
    }
    this.#endWait = upstream.gate.wait({
      bytes: this.#body.held,
      patience: Math.max(0, this.#retries.patienceLeft()),
      isTrial,
      onConnected: () => {
        this.#endWait = undefined
        this.#guarded(() => this.#send())
      },
      onPatienceOver: () => {
        this.#endWait = undefined
        this.#fail('upstream_unavailable')
      },
    })
    if (this.#endWait) this.#retries.made()
    else this.#fail('upstream_unavailable')
  }

  /** Begins another attempt after a while, in place of the one in progress. @returns whether one may follow */
  #retryInstead(reason: RetryReason, code: AttemptCode): boolean {
    const delay = this.#body.canRepeat ? this.#retries.next(reason) : undefined
    if (delay === undefined) return false
    this.#endAttempt(code)
    this.#pause = setTimeout(() => this.#guarded(() => this.#send()), delay)
    return true
  }

  /** It has taken as long as a delivery may. */
  onDue(): void {
    this.#fail(this.#body.isComplete ? 'upstream_timeout' : 'request_timeout')
  }

  onBegun(): void {
    this.#received += 1
    this.#body.begun()
    this.#attempt?.begun(this.#retries.attemptTimeout)
  }

  onConnectTooLate(): void {
    this.#endAttempt('connect')
    this.#retries.needed('connect')
    this.#fail('upstream_unavailable')
  }

  onSlow(): void {
    // The application can hardly respond before the platform has sent everything.
    if (!this.#body.isComplete) this.#attempt?.begun(this.#retries.attemptTimeout)
    else this.#guarded(() => this.#retryInstead('timeout', 'timeout'))
  }

  /** The platform reads on. */
  resume(): void {
    this.#attempt?.resume()
  }

  onResponse(status: number, statusText: string, head: ResponseHead): void {
    this.#guarded(() => {
      this.#attempt?.responded()
      if (this.#retries.isRetryable(status) && this.#retryInstead('status', status)) return
      if (this.#retries.isUnavailable(status)) this.#retries.needed('status')
      this.#body.release()
      this.#ending.isAnswered = this.#writer.begin(status, statusText, head)
      if (!this.#ending.isAnswered) this.#fail('upstream_failed')
    })
  }

  onData(chunk: Buffer): boolean {
    return this.#writer.write(chunk)
  }

  onEnd(): void {
    this.#guarded(() => {
      this.#attempt?.report(this.#response.statusCode)
      this.#attempt = undefined
      this.#writer.end()
    })
  }

  onFailed(failure: AttemptFailure, error: Error): void {
    this.#guarded(() => {
      // One that undici refuses to send is no attempt.
      if (failure !== 'invalid') this.#attempt?.report(failure, error)
      this.#attempt = undefined
      this.#body.detach()
      this.#failed(failure)
    })
  }

  #failed(failure: AttemptFailure): void {
    const { retry } = this.#context.route
    if (failure === 'unsent') {
      this.#received -= 1
      if (this.#body.canRepeat && this.#retries.resend()) this.#send()
      else this.#fail('upstream_failed')
    } else if (failure === 'connect') {
      this.#retries.needed('connect')
      if (retry === 'none') this.#fail('upstream_failed')
      else this.#wait()
    } else if (failure === 'reset') {
      if (this.#retryInstead('reset', 'reset')) return
      this.#retries.needed('reset')
      this.#fail('upstream_failed')
    } else this.#fail(failure === 'invalid' ? 'bad_request' : 'upstream_failed')
  }

  /** Answers instead of the application. An answer that has begun is broken off, so that it is not taken for whole. */
  #fail(code: AnswerCode): void {
    if (this.#hasEnded) return
    const isUnread = code === 'upstream_timeout' && this.#writer.isWaiting
    this.#ending.isClientFault = code === 'request_timeout' || code === 'bad_request' || isUnread
    this.#endAttempt(code === 'upstream_failed' ? 'protocol' : 'timeout')
    // The listener has answered a body that it could not read.
    if (this.#response.writableEnded) return
    if (answer(this.#response, code)) {
      this.#ending.isAnswered = true
      return
    }
    this.#ending.isBroken = true
    this.#response.destroy()
  }

  /** Stops an attempt in progress. */
  #endAttempt(code: AttemptCode): void {
    const attempt = this.#attempt
    if (!attempt) return
    this.#attempt = undefined
    this.#body.detach()
    attempt.cancel(code)
  }

  /** The answer has been written, or its connection has ended. */
  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#endWait?.()
    this.#context.deadlines.remove(this)
    clearTimeout(this.#pause)
    this.#endAttempt('client_closed')
    this.#body.discard()
    // The listener answers a body that ends too early: it may be bytes that are no HTTP, or the platform has hung up.
    if (!this.#request.socket.readableEnded) this.#ending.isAnswered = true
    this.#context.onEnd(this.#ending.of(this.#response, this.#retries, this.#body.isComplete), this.#span)
  }

  /** An internal error must neither leave a delivery unanswered nor end the process. */
  #guarded(run: () => unknown): void {
    if (this.#hasEnded) return
    try {
      run()
    } catch (error) {
      this.#context.onFault(error)
      this.#fail('internal')
    }
  }
}

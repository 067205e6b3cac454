import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import type { AttemptFault } from '../domain/report/delivery.ts'

/** The connection that an attempt is sent on. */
export interface AttemptConnection {
  readonly socket: Socket | undefined
}

/** How an attempt failed. `invalid`: it cannot be sent at all; `incomplete`: its response broke off. */
export type AttemptFailure = AttemptFault | 'invalid' | 'incomplete'

/** Names and values in turn, as received. */
export type RawHeaders = readonly Buffer[]

/** The header of a response, as received and as undici has read it. */
export interface ResponseHead {
  readonly raw: RawHeaders
  /** By name in lower case; of a name that is repeated, all values. Each is decoded as ISO 8859-1. */
  readonly read: Readonly<Record<string, string | string[] | undefined>>
}

/** What an attempt reports. Everything is called at most once but `onData`. */
export interface AttemptEvents {
  /** The request is about to be written: from now on the application may have received part of it. */
  onBegun(): void
  onResponse(status: number, statusText: string, head: ResponseHead): void
  /** @returns whether more may follow at once; if not, call `resume` */
  onData(chunk: Buffer): boolean
  onEnd(): void
  onFailed(failure: AttemptFailure, error: Error): void
}

type Controller = Dispatcher.DispatchController & { readonly rawHeaders?: unknown }

/** One attempt to deliver, as a handler of undici. It distinguishes failures before the request was sent from those after. */
export class Attempt implements Dispatcher.DispatchHandler {
  /** Set before the request is queued. */
  connection: AttemptConnection | undefined
  /** Takes the request out of the queue for a connection. */
  withdraw: ((reason: Error) => void) | undefined
  #events: AttemptEvents | undefined
  #controller: Controller | undefined
  #socket: Socket | undefined
  #readBefore = 0
  #hasBegun = false
  #hasResponse = false
  #isUnsent = false
  #isChecked = false
  #isCancelled = false

  constructor(events: AttemptEvents) {
    this.#events = events
  }

  /** Whether the request was written, in part or whole. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Calls no listener from now on; aborts what is in progress and ends a wait for a connection. */
  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#events = undefined
    const reason = new Error('cancelled')
    if (this.#controller) this.#controller.abort(reason)
    else this.withdraw?.(reason)
  }

  resume(): void {
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isCancelled) {
      controller.abort(new Error('cancelled'))
      return
    }
    this.#hasBegun = true
    this.#socket = this.connection?.socket
    this.#readBefore = this.#socket?.bytesRead ?? 0
    this.#events?.onBegun()
  }

  onBodySent(): void {
    this.#checkWrite()
  }

  onRequestSent(): void {
    this.#checkWrite()
  }

  /**
   * Called in the turn of the first write. The kernel refuses it at once if it knows that the connection has ended, and
   * takes nothing then: head and body, or its first part, are written in one call.
   */
  #checkWrite(): void {
    if (this.#isChecked) return
    this.#isChecked = true
    this.#isUnsent = this.#socket?.errored != null && this.#socket.bytesRead === this.#readBefore
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    read: ResponseHead['read'],
    statusText: string | undefined = '',
  ): void {
    // Interim responses may be left out (RFC 9110 section 15.2).
    if (status < 200) return
    this.#hasResponse = true
    const raw = ((controller as Controller).rawHeaders ?? []) as RawHeaders
    this.#events?.onResponse(status, statusText, { raw, read })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#events?.onData(chunk) === false) controller.pause()
  }

  onResponseEnd(): void {
    this.#end()?.onEnd()
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const failure = this.#failureOf(error)
    this.#end()?.onFailed(failure, error)
  }

  #end(): AttemptEvents | undefined {
    const events = this.#events
    this.#events = undefined
    return events
  }

  #failureOf(error: NodeJS.ErrnoException): AttemptFailure {
    if (this.#hasResponse) return 'incomplete'
    const code = error.code ?? ''
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return 'invalid'
    if (!this.#hasBegun) return 'connect'
    if (this.#isUnsent) return 'unsent'
    // Bytes of a response arrived, but no whole header.
    if ((this.#socket?.bytesRead ?? 0) > this.#readBefore || code.startsWith('HPE_')) return 'protocol'
    return 'reset'
  }
}

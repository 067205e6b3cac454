import type { Cause } from '../cause/cause.ts'
import type { ProbePhase, TlsFacts } from '../verdict/probe.ts'
import type { CutOff } from './cut-off.ts'

export interface OutboundRequest {
  readonly method: 'HEAD' | 'OPTIONS' | 'GET' | 'POST'
  /** http or https. It never comes from a report. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Most bytes of the answer's body to read; by default none. */
  readonly answerLimit?: number
  /** PEM; these authorities are trusted instead of the usual ones. */
  readonly ca?: string | undefined
  /** PEM, the client's certificate and its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface OutboundAnswer {
  readonly status: number
  readonly location?: string
  /** The Retry-After header as received. */
  readonly retryAfter?: string
  /** Whether an Allow header names methods. */
  readonly allows: boolean
  /** UTF-8, cut at `answerLimit`. */
  readonly body: string
}

/** The result of a request so far. It is filled in step by step, so that a failure keeps what preceded it. */
export interface OutboundProgress {
  phase: ProbePhase
  /** Milliseconds; those of a further request are added. */
  phases: Readonly<Partial<Record<ProbePhase, number>>>
  /** The address that was connected to, or tried last. */
  address?: string
  tls?: TlsFacts
  status?: number
}

export interface SendOptions {
  /** Aborts at the deadline; there is no request without one. */
  readonly signal: AbortSignal
  readonly progress?: OutboundProgress
  /** Connects to this address instead of resolving the host; the guard checks it all the same. */
  readonly address?: string | undefined
  /** Asked right before the request is written; if not, nothing is. A process that was paused runs no timers before that. */
  readonly isWanted?: () => boolean
}

/**
 * The only way out over HTTP.
 *
 * Promises, for every adapter: a name is resolved once, and nothing is connected to that the outbound guard forbids; no
 * redirect is followed; nothing is sent to a peer with an invalid certificate; a bounded number of bytes
 * is read; `send` settles soon after `signal` aborts, regardless of the peer, and leaves no connection behind.
 */
export interface OutboundClient {
  /** @throws OutboundFault, or the signal's reason */
  send(request: OutboundRequest, options: SendOptions): Promise<OutboundAnswer>
  /** Whether a TLS handshake succeeds with the URL's port at this address, with any certificate. */
  speaksTls(url: string, address: string, signal: AbortSignal): Promise<boolean>
}

/** Why there was no answer, in words that carry no secret. `phase` only if it is another one than the running one. */
export class OutboundFault extends Error {
  readonly reason: Cause
  readonly phase: ProbePhase | undefined
  readonly cutOff: CutOff | undefined

  constructor(
    reason: Cause,
    message: string,
    { phase, cutOff }: { phase?: ProbePhase; cutOff?: CutOff | undefined } = {},
  ) {
    super(message)
    this.reason = reason
    this.phase = phase
    this.cutOff = cutOff
  }
}

import type { HookMessage } from '../domain/incident/hook-message.ts'
import { type OutboundClient, OutboundFault } from '../domain/ports/outbound-client.ts'

/** Where a hook's events go. */
export interface HookTarget {
  readonly name: string
  readonly url: string
  /** Milliseconds for one attempt. */
  readonly timeout: number
}

/** How one attempt went. */
export interface HookAttempt {
  /** Whether it was answered with 2xx. */
  readonly ok: boolean
  /** One sentence for people, without secrets. */
  readonly detail: string
  /** HTTP status of the answer, if there was one. */
  readonly status?: number
  /** Milliseconds to wait at least, as the receiver asks. */
  readonly retryAfter?: number
  /** The receiver says that it is permanently gone (410). */
  readonly isGone?: boolean
}

export interface HookAttemptDeps {
  readonly client: Pick<OutboundClient, 'send'>
  /** The headers of signature and token for this attempt. Rejects if a secret cannot be read. */
  readonly authorize: (hook: HookTarget, message: HookMessage) => Promise<Readonly<Record<string, string>>>
  /** Milliseconds since the epoch; a Retry-After that is a date is read by it. */
  readonly clock: () => number
}

/** Sends an event once. Never rejects. A redirect is not followed, and counts as a failure. */
export async function attemptHook(
  { client, authorize, clock }: HookAttemptDeps,
  {
    hook,
    message,
    signal,
    isWanted,
  }: {
    readonly hook: HookTarget
    readonly message: HookMessage
    readonly signal?: AbortSignal
    readonly isWanted?: () => boolean
  },
): Promise<HookAttempt> {
  let headers: Readonly<Record<string, string>>
  try {
    headers = { ...message.headers, ...(await authorize(hook, message)) }
  } catch (error) {
    return { ok: false, detail: `its secret or token cannot be used: ${(error as Error).message}` }
  }
  const timeout = AbortSignal.timeout(hook.timeout)
  try {
    const { status, retryAfter } = await client.send(
      { method: 'POST', url: hook.url, headers, body: message.body },
      { signal: signal ? AbortSignal.any([timeout, signal]) : timeout, ...(isWanted && { isWanted }) },
    )
    const wait = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, clock())
    return {
      ok: status >= 200 && status <= 299,
      detail: `the receiver answered ${status}${status >= 300 && status <= 399 ? '; redirects are not followed' : ''}`,
      status,
      ...(wait !== undefined && { retryAfter: wait }),
      ...(status === 410 && { isGone: true }),
    }
  } catch (error) {
    if (error instanceof OutboundFault) return { ok: false, detail: error.message.slice(0, 200) }
    if (timeout.aborted) return { ok: false, detail: `there was no answer within ${hook.timeout} ms` }
    return { ok: false, detail: signal?.aborted ? 'the attempt was stopped' : 'the event could not be sent' }
  }
}

/**
 * Retry-After (RFC 9110 section 10.2.3).
 * @returns milliseconds from `now` on, at least 0; undefined for anything else
 */
export function parseRetryAfter(text: string, now: number): number | undefined {
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1_000
  // Dates only: Date.parse would read a negative number as a year.
  const at = /^[A-Za-z]{3,9},? /.test(text.trim()) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

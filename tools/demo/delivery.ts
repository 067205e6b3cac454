import { STATUS_CODES } from 'node:http'
import { type Sent, send } from '../../src/cli/simulate/send.ts'
import { formatDuration } from '../../src/units.ts'
import { formatOf } from './formats.ts'

/** How the simulated platform delivers: it gives up after three attempts, each with a second of patience. */
export const ATTEMPTS = 3
export const PATIENCE = 1_000

export interface Delivery {
  readonly url: string | URL
  /** Kind of the source that delivers. */
  readonly kind: string
  readonly event: string
  /** Members of the body. */
  readonly set: Readonly<Record<string, unknown>>
  readonly token?: string | undefined
  readonly ca?: string | readonly string[] | undefined
  /** Milliseconds between two attempts. */
  readonly pause: number
  /** Called for each attempt as it ends. */
  readonly onAttempt?: (line: string) => void
}

/** The final outcome, as the platform sees it: `code` is that of its last attempt, 0 if there was no answer. */
export interface DeliveryResult {
  readonly ok: boolean
  readonly attempts: number
  readonly code: number
  /** Why, in the platform's words; empty if it was delivered. */
  readonly message: string
}

/** Delivers a notification as the platform would. Never rejects. */
export async function deliver({
  url,
  kind,
  event,
  set,
  token,
  ca,
  pause,
  onAttempt,
}: Delivery): Promise<DeliveryResult> {
  const { headers: own, body } = formatOf(kind)({ event, set, at: Date.now() })
  const headers = { ...own, ...(token && { authorization: `Bearer ${token}` }) }
  for (let attempt = 1; ; attempt++) {
    const sent = await send({ url, headers, body, timeout: PATIENCE, ca })
    const ok = sent.status >= 200 && sent.status < 300
    const next = ok
      ? 'delivered'
      : attempt < ATTEMPTS
        ? `the platform tries again${pause > 0 ? ` in ${formatDuration(pause)}` : ''}`
        : 'the platform gives up'
    onAttempt?.(`attempt ${attempt} of ${ATTEMPTS}: ${resultText(sent)} after ${sent.milliseconds} ms; ${next}`)
    if (ok || attempt === ATTEMPTS)
      return { ok, attempts: attempt, code: sent.status, message: ok ? '' : messageOf(sent) }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

const resultText = (sent: Sent): string =>
  'error' in sent ? sent.error : `${sent.status} ${STATUS_CODES[sent.status] ?? ''}`.trim()

const messageOf = (sent: Sent): string => ('error' in sent ? sent.error : (STATUS_CODES[sent.status] ?? ''))

/**
 * `KEY=VALUE` as members of a body: a value that is JSON (a number, true, null, a list) is taken as such.
 * @throws RangeError with the pair that is none
 */
export function membersOf(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new RangeError(pair)
      const text = pair.slice(at + 1)
      try {
        return [pair.slice(0, at), JSON.parse(text)]
      } catch {
        return [pair.slice(0, at), text]
      }
    }),
  )
}

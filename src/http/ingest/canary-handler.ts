import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Journal } from '../../domain/ports/journal.ts'
import { CANARY_HEADERS, type CanaryHeaders, canaryAnswer, canaryIsValid } from '../../domain/report/canary.ts'
import { AppError } from '../../errors.ts'

export interface CanaryReceiverParts {
  /** Undefined if no canary is configured. */
  readonly secret: (() => Promise<string>) | undefined
  readonly journal: Pick<Journal, 'receiveCanary'>
  readonly clock: Clock
}

export interface CanaryReceiver {
  /** Whether a request claims to be a canary; it never becomes a failure, even if it is invalid. */
  claims(headers: IncomingHttpHeaders): boolean
  /** @throws AppError `canary_invalid` */
  check(headers: IncomingHttpHeaders): Promise<void>
  /**
   * Makes the canary durable.
   * @returns the body of the answer, which proves that the receiver knows the secret
   * @throws AppError `canary_replayed`, and what `Journal.record` rejects with
   */
  take(headers: IncomingHttpHeaders): Promise<{ readonly canary: string }>
}

const NAMES = Object.values(CANARY_HEADERS)

/** The receiving side of the canary. Any replica with the same secret can be it. */
export function canaryReceiver({ secret, journal, clock }: CanaryReceiverParts): CanaryReceiver {
  const given = (headers: IncomingHttpHeaders): CanaryHeaders => ({
    nonce: String(headers[CANARY_HEADERS.nonce] ?? ''),
    time: String(headers[CANARY_HEADERS.time] ?? ''),
    signature: String(headers[CANARY_HEADERS.signature] ?? ''),
  })
  const known = async (): Promise<string> => {
    try {
      return (await secret?.()) ?? ''
    } catch {
      return ''
    }
  }
  return {
    claims: (headers) => NAMES.some((name) => headers[name] !== undefined),
    async check(headers) {
      if (!secret) throw new AppError('canary_invalid', 'no canary is configured here, so none is taken')
      if (!canaryIsValid(await known(), given(headers), clock())) {
        throw new AppError(
          'canary_invalid',
          'the canary is not signed with the secret of this service, or is more than 5 minutes off its clock',
        )
      }
    },
    async take(headers) {
      const { nonce } = given(headers)
      await journal.receiveCanary(nonce, clock())
      return { canary: canaryAnswer(await known(), nonce) }
    },
  }
}

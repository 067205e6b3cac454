import type { ServerResponse } from 'node:http'
import type { DeliveryCode } from '../domain/delivery.ts'
import type { Retries } from './retries.ts'

export interface DeliveryEnd {
  readonly method: string
  /** Status that the platform received, or how it ended without a whole answer. */
  readonly code: DeliveryCode
  readonly ok: boolean
  readonly seconds: number
  /** See there. */
  readonly retry: Retries['outcome']
}

/**
 * How a delivery ended, once its response was written or its connection closed.
 * @param isAnswered whether the application or the proxy answered, rather than the listener
 * @param isBroken whether it was broken off, so that it is not taken for whole
 */
export function endOf(
  { req, writableFinished, statusCode }: ServerResponse,
  { isAnswered, isBroken }: { readonly isAnswered: boolean; readonly isBroken: boolean },
  retries: Retries,
): DeliveryEnd {
  const isWhole = writableFinished && !isBroken && isAnswered
  return {
    method: req.method ?? '',
    code: isWhole ? statusCode : isBroken ? 'incomplete' : 'client_closed',
    ok: isWhole && statusCode >= 200 && statusCode < 300,
    seconds: retries.elapsed() / 1_000,
    retry: retries.outcome,
  }
}

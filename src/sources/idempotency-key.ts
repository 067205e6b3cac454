import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../errors.ts'

/**
 * The id that a sender gives its request: `webhook-id` (Standard Webhooks) or `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header), 1 to 255 visible ASCII characters.
 * @throws AppError `idempotency_key_invalid`, `idempotency_key_conflict`
 */
export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  // Most senders give none, and every report comes this way.
  if (headers['webhook-id'] === undefined && headers['idempotency-key'] === undefined) return undefined
  const given = [headers['webhook-id'], headers['idempotency-key']].filter((value) => value !== undefined).map(String)
  for (const key of given) {
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw new AppError(
        'idempotency_key_invalid',
        'webhook-id and Idempotency-Key take 1 to 255 visible ASCII characters',
      )
    }
  }
  if (given.length === 2 && given[0] !== given[1]) {
    throw new AppError('idempotency_key_conflict', 'webhook-id and Idempotency-Key are both given and differ')
  }
  return given[0]
}

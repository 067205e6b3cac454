import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../../errors.ts'

/**
 * The id that a sender gave its report: `webhook-id` (Standard Webhooks) or `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header), 1 to 255 visible ASCII characters.
 * @throws AppError `idempotency_key_invalid`, `idempotency_key_conflict`
 */
export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  // Most senders give none, and this is asked of each report.
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

/** Tells whether a repeated id carries the same body. */
export const bodyDigest = (raw: Uint8Array): string => createHash('sha256').update(raw).digest('base64url')

import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { OtherReason } from '../domain/delivery.ts'
import { sameBytes } from '../signature/constant-time.ts'
import { type HmacScheme, hmacHeaders, signedAround } from '../signature/hmac.ts'
import { standardWebhookHeaders } from '../signature/standard-webhooks.ts'
import { streamedHmac } from '../signature/streamed-hmac.ts'
import type { Claim, Recognizer } from './claim.ts'
import type { Route } from './routes.ts'

/** How a route recognizes what its platform sends. */
export interface PlatformScheme extends Omit<HmacScheme, 'header'> {
  /** `header`: one that carries a secret. The others: a signature. */
  readonly kind: 'header' | 'hmac' | 'standard-webhooks'
  /** Absent with `standard-webhooks`. */
  readonly header?: string
}

const UNIDENTIFIED: Claim = { identifies: false, update() {}, holds: () => true }
const HOLDS: Claim = { ...UNIDENTIFIED, identifies: true }

/** What the header of a request says: why it is no delivery, or what is still to be shown. */
export function claimOf(
  { methods, path, recognize }: Route,
  { method, headers }: IncomingMessage,
): Claim | OtherReason {
  if (!methods.includes(method!)) return 'method'
  if (recognize) return recognize(headers) ?? 'unsigned'
  return path.endsWith('/*') ? 'path' : UNIDENTIFIED
}

/** @param keys those that are valid now; for `header`, the secrets themselves */
export function recognizer(
  scheme: PlatformScheme,
  { keys, clock }: { readonly keys: () => readonly Uint8Array[]; readonly clock: () => number },
): Recognizer {
  const { kind, header = '', prefix, tolerance } = scheme
  if (kind === 'header')
    return (headers) => {
      const given = digest(Buffer.from(String(headers[header.toLowerCase()] ?? ''), 'latin1'))
      const hold = keys().map((key) => sameBytes(given, digest(Buffer.concat([Buffer.from(prefix), key]))))
      return hold.includes(true) ? HOLDS : undefined
    }
  const signed = kind === 'hmac' ? { ...scheme, header } : { ...STANDARD_WEBHOOKS, ...(tolerance && { tolerance }) }
  return (headers) => {
    try {
      const now = clock()
      const given = hmacHeaders(kind === 'hmac' ? headers : inOneSpelling(headers), signed, now)
      const around = signedAround(signed, given)
      const hmac = streamedHmac(given.signatures, { algorithm: signed.algorithm, keys: keys(), around })
      return { identifies: true, update: (chunk) => hmac.update(chunk), holds: () => hmac.matches() }
    } catch {
      return undefined
    }
  }
}

/** Of its signatures, those of version 1. */
const STANDARD_WEBHOOKS: HmacScheme = {
  header: 'webhook-signature',
  prefix: '',
  algorithm: 'sha256',
  encoding: 'base64',
  signed: '{id}.{timestamp}.{body}',
  idHeader: 'webhook-id',
  timestampHeader: 'webhook-timestamp',
}

/** @throws AppError where the headers are in no spelling, or in two: the application may read the other one */
function inOneSpelling(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  // How old it may be is checked by what reads them next.
  const { id, timestamp, signature } = standardWebhookHeaders(headers, { now: 0, tolerance: Number.POSITIVE_INFINITY })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
}

/** So that the comparison takes a time that depends on no length. */
const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { sameBytes } from './constant-time.ts'
import { type HmacScheme, hmacHeaders, signedAround } from './hmac.ts'
import { standardWebhookHeaders } from './standard-webhooks.ts'

/** A request that may be the platform's. Its body passes by: nothing of it is kept. */
export interface Claim {
  /** Whether it says who sent the request; otherwise anyone may have. */
  readonly identifies: boolean
  /** Each chunk of the body, in order. */
  update(chunk: Uint8Array): void
  /** Whether it holds. Call it once, at the end of the body. */
  holds(): boolean
}

/** Recognizes what a platform sends. @returns undefined where the header alone shows that somebody else sent the request */
export type Recognizer = (headers: IncomingHttpHeaders) => Claim | undefined

/** What only a platform can send. */
export interface PlatformScheme extends Omit<HmacScheme, 'header'> {
  /** `header`: one that carries a secret. The others: a signature. */
  readonly kind: 'header' | 'hmac' | 'standard-webhooks'
  /** Absent with `standard-webhooks`. */
  readonly header?: string
}

/** Of a request that nothing identifies. */
export const UNIDENTIFIED: Claim = { identifies: false, update() {}, holds: () => true }
const HOLDS: Claim = { ...UNIDENTIFIED, identifies: true }

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
      const given = hmacHeaders(kind === 'hmac' ? headers : inOneSpelling(headers), signed, clock())
      const [before, after] = signedAround(signed, given)
      const hmacs = keys().map((key) => createHmac(signed.algorithm, key).update(before))
      return {
        identifies: true,
        update(chunk) {
          for (const hmac of hmacs) hmac.update(chunk)
        },
        holds() {
          const expected = hmacs.map((hmac) => hmac.update(after).digest())
          return given.signatures.some((each) => expected.some((bytes) => sameBytes(each, bytes)))
        },
      }
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

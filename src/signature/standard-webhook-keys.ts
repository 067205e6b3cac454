import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { decode } from './constant-time.ts'

/** A key of Standard Webhooks: symmetric (`v1`), or one half of an Ed25519 pair (`v1a`). */
export type StandardWebhookKey =
  | { readonly kind: 'hmac'; readonly secret: Buffer }
  | { readonly kind: 'ed25519-private'; readonly key: KeyObject }
  | { readonly kind: 'ed25519-public'; readonly key: KeyObject }

/** Bytes of a symmetric secret. The specification asks for 24 to 64; senders hand out shorter and longer ones, none is empty. */
const MAX_SECRET = 256
/** DER of an Ed25519 private key up to its 32 bytes (RFC 8410 section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Reads `whsec_` (HMAC), `whpk_` (Ed25519 public key) or `whsk_` (Ed25519 private key: 32 bytes of seed, or 64 with the public
 * key behind them), each followed by standard base64. A text without such a prefix is read as the base64 of an HMAC secret.
 * @returns the key, or what is wrong with the text, without quoting it
 */
export function parseStandardWebhookKey(text: string): StandardWebhookKey | string {
  const [, prefix = 'whsec_', encoded = ''] = /^(wh(?:sec|pk|sk)_)?(.*)$/s.exec(text.trim())!
  const padding = '='.repeat(encoded.endsWith('=') ? 0 : (4 - (encoded.length % 4)) % 4)
  const bytes = decode(encoded + padding, 'base64')
  if (!bytes) return `is not ${prefix} followed by base64`
  if (prefix === 'whsec_')
    return bytes.length <= MAX_SECRET
      ? { kind: 'hmac', secret: bytes }
      : `has ${bytes.length} bytes; a secret has 24 to 64 random bytes`
  if (prefix === 'whpk_') {
    if (bytes.length !== 32) return `has ${bytes.length} bytes; an Ed25519 public key has 32`
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }
    return { kind: 'ed25519-public', key: createPublicKey({ format: 'jwk', key: jwk }) }
  }
  if (bytes.length !== 32 && bytes.length !== 64)
    return `has ${bytes.length} bytes; an Ed25519 private key has 32 or 64`
  const der = Buffer.concat([PKCS8, bytes.subarray(0, 32)])
  return { kind: 'ed25519-private', key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) }
}

import { createHash } from 'node:crypto'

/** A sender's id as the journal stores it, and whether a repeated id carries the same content. */
export interface Idempotency {
  readonly key: string
  readonly digest: string
}

const PLAIN = /^[\x21-\x7e]{1,255}$/
const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('base64url')

/** A key is hashed where it is longer than 255 characters, or holds what not every database stores as it is. */
export const idempotencyOf = (id: string, content: Uint8Array): Idempotency => ({
  key: PLAIN.test(id) ? id : hashed(id),
  digest: sha256(content),
})

/** UTF-8 has no lone surrogates: ids that differ in them alone would become one. */
const hashed = (id: string): string =>
  id.isWellFormed() ? `sha256:${sha256(id)}` : `sha256-utf16:${sha256(Buffer.from(id, 'utf16le'))}`

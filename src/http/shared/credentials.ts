import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../errors.ts'

/** One bearer token, as its digest, and its owner. */
export interface Token {
  readonly tenant: string
  /** See `digestOf`. */
  readonly digest: string
}

const key = randomBytes(32)
const hmac = (token: string): Buffer => createHmac('sha256', key).update(token).digest()

/**
 * The form in which tokens are kept, compared and looked up: an HMAC under a key of this process. Comparison time then
 * reveals nothing about a token, and no token from a file stays in memory once it has been read.
 */
export const digestOf = (token: string): string => hmac(token).toString('base64')

/** A set of bearer tokens (RFC 6750) that can be replaced while requests come in. */
export interface Credentials {
  readonly size: number
  replace(tokens: readonly Token[]): void
  /**
   * @param authorization the header field's value
   * @returns the tenant whose token it is
   * @throws AppError `no_credentials`, `credential_missing`, `credential_unknown`
   */
  verify(authorization: string | undefined): string
}

export function createCredentials(): Credentials {
  const stranger = { tenant: '', digest: randomBytes(32) }
  let known = new Map<string, { tenant: string; digest: Buffer }>()

  return {
    get size() {
      return known.size
    },
    replace(tokens) {
      known = new Map(tokens.map(({ tenant, digest }) => [digest, { tenant, digest: Buffer.from(digest, 'base64') }]))
    },
    verify(authorization) {
      const given = /^bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1]
      const hash = hmac(given ?? '')
      const found = known.get(hash.toString('base64')) ?? stranger
      const same = timingSafeEqual(found.digest, hash)
      if (known.size === 0)
        throw new AppError('no_credentials', 'no credential is configured, so no request can be accepted')
      if (given === undefined) throw new AppError('credential_missing', 'send the header Authorization: Bearer <token>')
      if (!same) throw new AppError('credential_unknown', 'the bearer token is not known')
      return found.tenant
    },
  }
}

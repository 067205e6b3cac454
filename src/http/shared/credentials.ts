import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../errors.ts'

/** One bearer token, as its digest, and its owner. */
export interface Token {
  readonly tenant: string
  /** See `digestOf`. */
  readonly digest: string
  /** The text itself, only where a signature is computed with it. */
  readonly text?: string
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
   * @returns the tenant that the token belongs to
   * @throws AppError `no_credentials`, `credential_missing`, `credential_unknown`
   */
  verify(authorization: string | undefined): string
  /** The tenant that this token belongs to, compared in constant time; undefined if it is not known. */
  tenantOf(token: string): string | undefined
}

export function createCredentials(): Credentials {
  const noMatch = { tenant: '', digest: randomBytes(32) }
  let known = new Map<string, { tenant: string; digest: Buffer }>()

  const find = (token: string): { readonly tenant: string } | undefined => {
    const hash = hmac(token)
    const found = known.get(hash.toString('base64')) ?? noMatch
    return timingSafeEqual(found.digest, hash) ? found : undefined
  }

  return {
    get size() {
      return known.size
    },
    replace(tokens) {
      known = new Map(tokens.map(({ tenant, digest }) => [digest, { tenant, digest: Buffer.from(digest, 'base64') }]))
    },
    verify(authorization) {
      const given = /^bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1]
      const found = find(given ?? '')
      if (known.size === 0)
        throw new AppError('no_credentials', 'no credential is configured, so no request can be accepted')
      if (given === undefined) throw new AppError('credential_missing', 'send the header Authorization: Bearer <token>')
      if (!found) throw new AppError('credential_unknown', 'the bearer token is not known')
      return found.tenant
    },
    tenantOf: (token) => find(token)?.tenant,
  }
}

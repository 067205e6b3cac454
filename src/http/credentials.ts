import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'

/** One bearer token and whose it is. */
export interface Token {
  readonly tenant: string
  readonly value: string
}

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

/**
 * Tokens are kept and looked up as HMACs under a key of this process: how long a comparison takes then tells nothing of
 * the token, whether it is known or not, and a memory dump shows none.
 */
export function createCredentials(): Credentials {
  const key = randomBytes(32)
  const digest = (token: string): Buffer => createHmac('sha256', key).update(token).digest()
  const nobody = { tenant: '', digest: randomBytes(32) }
  let known = new Map<string, { tenant: string; digest: Buffer }>()

  return {
    get size() {
      return known.size
    },
    replace(tokens) {
      known = new Map(
        tokens.map(({ tenant, value }) => {
          const hash = digest(value)
          return [hash.toString('base64'), { tenant, digest: hash }]
        }),
      )
    },
    verify(authorization) {
      const given = /^bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1]
      const hash = digest(given ?? '')
      const found = known.get(hash.toString('base64')) ?? nobody
      const same = timingSafeEqual(found.digest, hash)
      if (known.size === 0)
        throw new AppError('no_credentials', 'no credential is configured, so no request can be accepted')
      if (given === undefined) throw new AppError('credential_missing', 'send the header Authorization: Bearer <token>')
      if (!same) throw new AppError('credential_unknown', 'the bearer token is not known')
      return found.tenant
    },
  }
}

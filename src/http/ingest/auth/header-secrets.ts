import { AppError } from '../../../errors.ts'
import type { RequestVerifier } from '../../../sources/auth/signatures.ts'
import type { SourceRequest } from '../../../sources/source.ts'
import { createCredentials, type Token } from '../../shared/credentials.ts'

/** A secret that is sent as it is: Basic (RFC 7617), or the value of a header. Compared in constant time. */
export function headerVerifier(
  auth: { readonly kind: 'basic' } | { readonly kind: 'header'; readonly header: string },
): RequestVerifier {
  const credentials = createCredentials()
  const name = auth.kind === 'basic' ? 'Authorization' : auth.header
  const given = ({ headers }: SourceRequest): string | undefined => {
    const value = headers[name.toLowerCase()]
    if (auth.kind === 'header') return typeof value === 'string' && value !== '' ? value : undefined
    const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(String(value ?? ''))?.[1]
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString()
  }
  return {
    replace: (secrets) => credentials.replace(secrets as readonly Token[]),
    authenticate(request) {
      const secret = given(request)
      if (secret === undefined)
        throw new AppError(
          'credential_missing',
          auth.kind === 'basic'
            ? 'send the header Authorization: Basic <user:password in base64>'
            : `send the header ${name}`,
        )
      const tenant = credentials.tenantOf(secret)
      if (tenant === undefined) throw new AppError('credential_unknown', `the credential in ${name} is not known`)
      return tenant
    },
  }
}

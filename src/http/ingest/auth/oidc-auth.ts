import { readBounded } from '../../../bounded-file.ts'
import { AppError } from '../../../errors.ts'
import { oidcVerifier } from '../../../signature/oidc.ts'
import type { OidcAuth } from '../../../sources/auth/config.ts'
import type { OpenAuth } from '../../../sources/source.ts'
import type { AuthDeps } from './shared.ts'

/** Bytes of a JWKS; those of large issuers have 5 KiB. */
const MOST_KEYS = 65_536
/** Bytes of the issuer's CA bundle or of our own token. */
const MOST_FILE = 4 * 2 ** 20
/** Milliseconds to fetch it in. */
const TIMEOUT = 5_000

/** Authentication for a source with ID tokens. The keys are fetched when the first token arrives. */
export async function openOidcAuth(auth: OidcAuth, deps: AuthDeps): Promise<OpenAuth> {
  const { source, log, metrics, client, clock } = deps
  let fault: string | undefined
  const fetchKeys = async (): Promise<string> => {
    const [ca, token] = await Promise.all([textOf(auth.caFile), textOf(auth.tokenFile)])
    const answer = await client.send(
      {
        method: 'GET',
        url: auth.jwksUrl,
        headers: {
          accept: 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token.trim()}` }),
        },
        answerLimit: MOST_KEYS + 1,
        ca,
      },
      { signal: AbortSignal.timeout(TIMEOUT) },
    )
    if (answer.status !== 200) throw new Error(`it answers ${answer.status}`)
    if (Buffer.byteLength(answer.body) > MOST_KEYS) throw new Error(`it is larger than ${MOST_KEYS} bytes`)
    fault = undefined
    return answer.body
  }
  const verify = oidcVerifier(auth, {
    fetchKeys,
    clock,
    onFault: (detail) => {
      metrics.credentialsReloadFailed(source)
      if (fault !== detail) log.warn({ source }, `sources.${source}.auth.jwksUrl: cannot fetch the keys: ${detail}`)
      fault = detail
    },
  })
  metrics.credentials(source, (auth.subjects?.length ?? 0) + (auth.emails?.length ?? 0))
  return {
    authentication: {
      isBearer: false,
      async authenticate({ headers }) {
        const token = /^bearer +([\x21-\x7e]+) *$/i.exec(headers.authorization ?? '')?.[1]
        if (token === undefined)
          throw new AppError('credential_missing', 'send the header Authorization: Bearer <ID token>')
        await verify(token)
        return ''
      },
      status: () =>
        fault === undefined
          ? { ok: true, detail: `tokens of ${auth.issuer}` }
          : { ok: false, detail: `cannot fetch the keys of ${auth.issuer}: ${fault}` },
      reload: async () => {},
      stop: () => {},
    },
  }
}

const textOf = async (file: string | undefined): Promise<string | undefined> => {
  if (file === undefined) return undefined
  const content = await readBounded(file, MOST_FILE)
  if (content === undefined) throw new Error(`${file} is larger than ${MOST_FILE} bytes`)
  return content.toString('utf8')
}

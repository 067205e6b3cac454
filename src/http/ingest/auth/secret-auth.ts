import { AppError } from '../../../errors.ts'
import {
  isConfigured,
  type SecretAuth,
  type SecretPlace,
  secretPlaces,
  sharedKeys,
} from '../../../sources/auth/config.ts'
import { secretFault } from '../../../sources/auth/secret-fault.ts'
import { type RequestVerifier, signatureVerifier } from '../../../sources/auth/signatures.ts'
import type { OpenAuth } from '../../../sources/source.ts'
import type { Token } from '../../shared/credentials.ts'
import { createTokenReader, type LineRules } from '../../shared/token-files.ts'
import { headerVerifier } from './header-secrets.ts'
import { type AuthDeps, fixedTokens, isOpen, openToAll } from './shared.ts'

/** Every one of them may have to be tried for a request, over its whole body, before anything is known of its sender. */
const MOST_SECRETS = 100

/** Authentication for a source with shared secrets; resolves once the secrets were read for the first time. */
export async function openSecretAuth(auth: SecretAuth, deps: AuthDeps): Promise<OpenAuth> {
  const { source, config, host, log, metrics } = deps
  const owner = `sources.${source}`
  const places = secretPlaces(config)
  const keys = sharedKeys(config)
  if (isOpen(config, isConfigured(config), host)) return { authentication: openToAll(deps, 'secrets or secretsDir') }

  const verifier: RequestVerifier =
    auth.kind === 'basic' || auth.kind === 'header' ? headerVerifier(auth) : signatureVerifier(auth, deps)
  const rules: LineRules = { noun: 'secret', keepText: true, fault: (line) => secretFault(auth, line) }
  const open = (of: readonly SecretPlace[], folder: string | undefined, onTokens: (tokens: readonly Token[]) => void) =>
    createTokenReader(
      {
        files: of.flatMap(({ tenant = '', file }) => (file === undefined ? [] : [{ tenant, file }])),
        fixed: fixedTokens(of, { ...deps, owner: `${owner}.secrets`, rules }),
        ...(folder !== undefined && { folder }),
      },
      { ...rules, log, owner, onFailure: () => metrics.credentialsReloadFailed(source), onTokens },
    )

  const counts = { secrets: 0, keys: 0 }
  const count = () => counts.secrets + counts.keys
  const replaced =
    (what: 'secrets' | 'keys', replace: (tokens: readonly Token[]) => void) => (tokens: readonly Token[]) => {
      if (tokens.length > MOST_SECRETS)
        log.warn({ source }, `${owner}: has ${tokens.length} secrets; only the first ${MOST_SECRETS} are used`)
      const used = tokens.slice(0, MOST_SECRETS)
      counts[what] = used.length
      replace(used)
      metrics.credentials(source, count())
    }
  const readers = [open(places, config.secretsDir, replaced('secrets', verifier.replace))]
  // The id of a shared key takes the place of a tenant's name.
  if (keys.length > 0 && verifier.replaceKeys)
    readers.push(
      open(
        keys.map(({ id, ...place }) => ({ ...place, tenant: id })),
        undefined,
        replaced('keys', verifier.replaceKeys),
      ),
    )
  for (const reader of readers) await reader.start()

  const without = `no secret is known for ${source}: every report is answered 401 until one appears in ${
    config.secretsDir ?? `${owner}.secrets or ${owner}.secretsDir`
  }`
  if (count() === 0) log.warn({ source }, without)
  const { verify } = verifier
  return {
    authentication: {
      isBearer: false,
      authenticate(request) {
        if (count() === 0)
          throw new AppError('no_credentials', 'no secret is configured, so no request can be accepted')
        return verifier.authenticate(request)
      },
      status: () =>
        count() > 0
          ? { ok: true, detail: `${count()} ${count() === 1 ? 'secret' : 'secrets'}` }
          : { ok: false, detail: without },
      reload: async () => {
        await Promise.all(readers.map((reader) => reader.reload()))
      },
      stop: () => {
        for (const reader of readers) reader.stop()
      },
    },
    ...(verify && { verify }),
  }
}

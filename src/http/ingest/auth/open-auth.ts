import type { OpenAuth } from '../../../sources/source.ts'
import { openBearerAuth } from './bearer.ts'
import type { AuthDeps } from './shared.ts'

/**
 * Who may report for a source; resolves once its credentials were read for the first time. What verifies signatures is
 * loaded only if it is configured.
 */
export const openAuth = async (deps: AuthDeps): Promise<OpenAuth> => ({
  ...(await authenticationOf(deps)),
  trusted: deps.config.trusted,
})

async function authenticationOf(deps: AuthDeps): Promise<OpenAuth> {
  const { auth } = deps.config
  if (typeof auth === 'string') return { authentication: await openBearerAuth(deps) }
  if (auth.kind === 'oidc') return (await import('./oidc-auth.ts')).openOidcAuth(auth, deps)
  return (await import('./secret-auth.ts')).openSecretAuth(auth, deps)
}

import { replayProtection } from '../../../sources/auth/config.ts'
import type { OpenAuth } from '../../../sources/source.ts'
import { openBearerAuth } from './bearer.ts'
import type { AuthDeps } from './shared.ts'

/**
 * Who may report for a source; resolves once its credentials were read for the first time. What verifies signatures is
 * loaded only if it is configured.
 */
export async function openAuth(deps: AuthDeps): Promise<OpenAuth> {
  const { auth, trusted } = deps.config
  const opened = await authenticationOf(deps)
  return { ...opened, trusted, replay: opened.verify ? replayProtection(auth) : 'none' }
}

async function authenticationOf(deps: AuthDeps): Promise<OpenAuth> {
  const { auth } = deps.config
  if (typeof auth === 'string') return { authentication: await openBearerAuth(deps) }
  if (auth.kind === 'oidc') return (await import('./oidc-auth.ts')).openOidcAuth(auth, deps)
  return (await import('./secret-auth.ts')).openSecretAuth(auth, deps)
}

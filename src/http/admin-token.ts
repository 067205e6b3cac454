import type { Env } from '../config.ts'
import type { SecretRef } from '../config-schema.ts'
import type { Log } from '../domain/telemetry.ts'
import { type Credentials, createCredentials } from './credentials.ts'
import { createTokenReader, tokensIn } from './token-files.ts'

/**
 * The bearer token of a route of the admin listener. A file that is missing or empty keeps the route shut: a token was
 * asked for, so nobody is let in without one.
 */
export async function openAdminToken(
  owner: string,
  secret: SecretRef,
  { env, log }: { readonly env: Env; readonly log: Pick<Log, 'info' | 'warn'> },
): Promise<{ readonly credentials: Credentials; reload(): Promise<void>; stop(): void }> {
  const credentials = createCredentials()
  const fixed = secret.env === undefined ? [] : tokensIn(env[secret.env] ?? '', '')
  if (typeof fixed === 'string') log.warn({ owner }, `${owner}: ${secret.env} has no usable token: ${fixed}`)
  const reader = createTokenReader(
    {
      files: secret.file === undefined ? [] : [{ tenant: '', file: secret.file }],
      fixed: typeof fixed === 'string' ? [] : fixed,
    },
    { log, owner, onFailure: () => {}, onTokens: (tokens) => credentials.replace(tokens) },
  )
  await reader.start()
  return { credentials, reload: () => reader.reload(), stop: () => reader.stop() }
}

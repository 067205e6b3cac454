import type { Env } from '../../config/config.ts'
import type { SecretRef } from '../../config/schema.ts'
import type { Log } from '../../domain/ports/telemetry.ts'
import { MIN_SECRET_LENGTH } from '../../domain/text/secret-length.ts'
import { type Credentials, createCredentials } from '../shared/credentials.ts'
import { createTokenReader, tokensIn } from '../shared/token-files.ts'

/**
 * The bearer token of a route of the admin listener. While its file is missing, empty or rejected at the start, the route
 * stays closed: a configured token means that no request passes without one.
 */
export async function openAdminToken(
  owner: string,
  secret: SecretRef,
  { env, log }: { readonly env: Env; readonly log: Pick<Log, 'info' | 'warn'> },
): Promise<{ readonly credentials: Credentials; reload(): Promise<void>; stop(): void }> {
  const credentials = createCredentials()
  const fixed = secret.env === undefined ? [] : tokensIn(env[secret.env] ?? '', '', { minLength: MIN_SECRET_LENGTH })
  if (typeof fixed === 'string') log.warn({ owner }, `${owner}: ${secret.env} has no usable token: ${fixed}`)
  const reader = createTokenReader(
    {
      files: secret.file === undefined ? [] : [{ tenant: '', file: secret.file }],
      fixed: typeof fixed === 'string' ? [] : fixed,
    },
    {
      log,
      owner,
      minLength: MIN_SECRET_LENGTH,
      onFailure: () => {},
      onTokens: (tokens) => credentials.replace(tokens),
    },
  )
  await reader.start()
  return { credentials, reload: () => reader.reload(), stop: () => reader.stop() }
}

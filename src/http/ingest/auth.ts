import type { Env } from '../../config/config.ts'
import type { SourceConfig } from '../../config/schema.ts'
import type { Log, Metrics } from '../../domain/telemetry.ts'
import { createCredentials } from '../shared/credentials.ts'
import { isLoopback } from '../shared/loopback.ts'
import { createTokenReader, tokensIn } from '../shared/token-files.ts'

export interface SourceAuthParts {
  readonly source: string
  readonly config: SourceConfig
  /** Address of the ingest listener: what only this machine reaches may be open without being told so. */
  readonly host: string
  readonly env: Env
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly metrics: Pick<Metrics, 'credentials' | 'credentialsReloadFailed'>
}

export interface SourceAuth {
  /** @returns the tenant. @throws AppError `no_credentials`, `credential_missing`, `credential_unknown` */
  authenticate(authorization: string | undefined): string
  /** Whether reports can be accepted, in words. */
  status(): { readonly ok: boolean; readonly detail: string }
  /** Reads the tokens now. */
  reload(): Promise<void>
  stop(): void
}

/** Who may report for a source; resolves once its tokens were read for the first time. */
export async function openSourceAuth({
  source,
  config,
  host,
  env,
  log,
  metrics,
}: SourceAuthParts): Promise<SourceAuth> {
  const owner = `sources.${source}`
  const configured = config.tokens.length > 0 || config.tokensDir !== undefined
  if (config.auth === 'none' || (!configured && isLoopback(host))) {
    const detail =
      config.auth === 'none'
        ? `${owner}.auth is none: whoever reaches the ingest listener can report`
        : `no credential is configured, so whoever reaches ${host} can report; set ${owner}.tokens or tokensDir before you expose it`
    log.warn({ source }, detail)
    return { authenticate: () => '', status: () => ({ ok: true, detail }), reload: async () => {}, stop: () => {} }
  }

  const credentials = createCredentials()
  const reader = createTokenReader(
    {
      files: config.tokens.flatMap(({ tenant, file }) => (file === undefined ? [] : [{ tenant, file }])),
      fixed: config.tokens.flatMap(({ tenant, env: name }) => {
        const tokens = name === undefined ? [] : tokensIn(env[name] ?? '', tenant)
        if (typeof tokens === 'string') log.warn({ source }, `${owner}.tokens: ${name} has no usable token: ${tokens}`)
        return typeof tokens === 'string' ? [] : tokens
      }),
      ...(config.tokensDir !== undefined && { folder: config.tokensDir }),
    },
    {
      log,
      owner,
      onFailure: () => metrics.credentialsReloadFailed(source),
      onTokens: (tokens) => {
        credentials.replace(tokens)
        metrics.credentials(source, credentials.size)
      },
    },
  )
  await reader.start()
  const without = `no credential is known for ${source}: every report is answered 401 until one appears in ${
    config.tokensDir ?? `${owner}.tokens or ${owner}.tokensDir`
  }`
  if (credentials.size === 0) log.warn({ source }, without)
  return {
    authenticate: (authorization) => credentials.verify(authorization),
    status: () =>
      credentials.size > 0
        ? { ok: true, detail: `${credentials.size} ${credentials.size === 1 ? 'token' : 'tokens'}` }
        : { ok: false, detail: without },
    reload: () => reader.reload(),
    stop: () => reader.stop(),
  }
}

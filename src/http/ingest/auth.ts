import type { Env } from '../../config/config.ts'
import type { Log, Metrics } from '../../domain/telemetry.ts'
import type { BearerConfig } from '../../sources/bearer.ts'
import type { Authentication } from '../../sources/source.ts'
import { createCredentials } from '../shared/credentials.ts'
import { isLoopback } from '../shared/loopback.ts'
import { createTokenReader, tokensIn } from '../shared/token-files.ts'

export interface BearerAuthDeps {
  readonly source: string
  readonly config: BearerConfig
  /** Address of the ingest listener: what only this machine reaches may be open without being told so. */
  readonly host: string
  readonly env: Env
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly metrics: Pick<Metrics, 'credentials' | 'credentialsReloadFailed'>
}

/** Who may report for a source with bearer tokens; resolves once they were read for the first time. */
export async function openBearerAuth({
  source,
  config,
  host,
  env,
  log,
  metrics,
}: BearerAuthDeps): Promise<Authentication> {
  const owner = `sources.${source}`
  const configured = config.tokens.length > 0 || config.tokensDir !== undefined
  if (config.auth === 'none' || (!configured && isLoopback(host))) {
    const detail =
      config.auth === 'none'
        ? `${owner}.auth is none: anyone who reaches the ingest listener can report`
        : `no credential is configured, so anyone who reaches ${host} can report; set ${owner}.tokens or tokensDir before you expose it`
    log.warn({ source }, detail)
    return {
      isBearer: true,
      authenticate: () => '',
      status: () => ({ ok: true, detail }),
      reload: async () => {},
      stop: () => {},
    }
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
    isBearer: true,
    authenticate: ({ headers }) => credentials.verify(headers.authorization),
    status: () =>
      credentials.size > 0
        ? { ok: true, detail: `${credentials.size} ${credentials.size === 1 ? 'token' : 'tokens'}` }
        : { ok: false, detail: without },
    reload: () => reader.reload(),
    stop: () => reader.stop(),
  }
}

import type { Authentication } from '../../../sources/source.ts'
import { createCredentials } from '../../shared/credentials.ts'
import { createTokenReader } from '../../shared/token-files.ts'
import { type AuthDeps, fixedTokens, isOpen, openToAll } from './shared.ts'

/** Who may report for a source with bearer tokens; resolves once they were read for the first time. */
export async function openBearerAuth({ source, config, host, env, log, metrics }: AuthDeps): Promise<Authentication> {
  const owner = `sources.${source}`
  const isConfigured = config.tokens.length > 0 || config.tokensDir !== undefined
  if (isOpen(config, isConfigured, host)) return openToAll({ source, config, host, log }, 'tokens or tokensDir')

  const credentials = createCredentials()
  const reader = createTokenReader(
    {
      files: config.tokens.flatMap(({ tenant, file }) => (file === undefined ? [] : [{ tenant, file }])),
      fixed: fixedTokens(config.tokens, { env, log, owner: `${owner}.tokens` }),
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

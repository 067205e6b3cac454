import type { Env } from '../../../config/config.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import type { OutboundClient } from '../../../domain/ports/outbound-client.ts'
import type { Log, Metrics } from '../../../domain/ports/telemetry.ts'
import type { AuthConfig, SecretPlace } from '../../../sources/auth/config.ts'
import type { Authentication } from '../../../sources/source.ts'
import type { Token } from '../../shared/credentials.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { type LineRules, tokensIn } from '../../shared/token-files.ts'

export interface AuthDeps {
  readonly source: string
  readonly config: AuthConfig
  /** Address of the ingest listener: what only this machine reaches may be open without configuration. */
  readonly host: string
  readonly env: Env
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly metrics: Pick<Metrics, 'credentials' | 'credentialsReloadFailed'>
  readonly client: Pick<OutboundClient, 'send'>
  readonly clock: Clock
}

/** Whether anyone may report: because the configuration says so, or on loopback as long as nothing is configured. */
export const isOpen = ({ auth }: AuthConfig, isConfigured: boolean, host: string): boolean =>
  auth === 'none' || (!isConfigured && isLoopback(host))

/** @param keys what to set, in words */
export function openToAll(
  { source, config, host, log }: Pick<AuthDeps, 'source' | 'config' | 'host' | 'log'>,
  keys: string,
): Authentication {
  const owner = `sources.${source}`
  const detail =
    config.auth === 'none'
      ? `${owner}.auth is none: anyone who reaches the ingest listener can report`
      : `no credential is configured, so anyone who reaches ${host} can report; set ${owner}.${keys} before you expose it`
  log.warn({ source }, detail)
  return {
    isBearer: true,
    authenticate: () => '',
    status: () => ({ ok: true, detail }),
    reload: async () => {},
    stop: () => {},
  }
}

/** Tokens or secrets from environment variables, which never change. Unusable ones are logged. */
export const fixedTokens = (
  places: readonly SecretPlace[],
  { env, log, owner, rules }: Pick<AuthDeps, 'env' | 'log'> & { readonly owner: string; readonly rules?: LineRules },
): Token[] =>
  places.flatMap(({ tenant = '', env: name }) => {
    const found = name === undefined ? [] : tokensIn(env[name] ?? '', tenant, rules)
    if (typeof found === 'string')
      log.warn({ owner }, `${owner}: ${name} has no usable ${rules?.noun ?? 'token'}: ${found}`)
    return typeof found === 'string' ? [] : found
  })

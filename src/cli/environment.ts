import { ConfigError, type Env, loadConfig } from '../config.ts'
import type { Config } from '../config-schema.ts'
import { logLevelFault } from '../observe/log.ts'
import { tracingFault } from '../observe/tracing.ts'

/**
 * The configuration, with the variables that are no part of it looked at too.
 * @throws ConfigError with the faults of both
 */
export async function loadChecked(env: Env): Promise<Config> {
  const others = [logLevelFault(env['LOG_LEVEL']), tracingFault(env)].filter((fault) => fault !== undefined)
  const config = await loadConfig(env).catch((error: unknown) => {
    if (error instanceof ConfigError) throw new ConfigError([...error.faults, ...others], error.listeners)
    throw error
  })
  if (others.length > 0) throw new ConfigError(others, { ingest: config.ingest, admin: config.admin })
  return config
}

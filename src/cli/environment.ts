import { ConfigError, type Env, inspectConfig } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { logLevelFault } from '../observe/log.ts'
import { tracingFault } from '../observe/tracing.ts'
import { secretFileFaults } from './secret-files.ts'

/**
 * The configuration, with the files and variables that are no part of it checked too.
 * @throws ConfigError with the faults of all of them
 */
export async function loadChecked(env: Env): Promise<Config> {
  const { config, faults, listeners } = await inspectConfig(env)
  const others = [logLevelFault(env['LOG_LEVEL']), tracingFault(env)].filter((fault) => fault !== undefined)
  const all = [...faults, ...(config ? await secretFaults(config, env) : []), ...others]
  if (config === undefined || all.length > 0) throw new ConfigError(all, listeners)
  return config
}

async function secretFaults(config: Config, env: Env): Promise<string[]> {
  const faults = await secretFileFaults(config)
  if (config.hooks.length === 0) return faults
  const { hookSecretFaults } = await import('./hook-secret-faults.ts')
  return [...faults, ...(await hookSecretFaults(config, env))]
}

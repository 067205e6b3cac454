import { ConfigError, type Env } from '../config.ts'
import { logLevelFault } from '../observe/log.ts'

/**
 * Variables that are no part of the configuration file.
 * @throws ConfigError
 */
export function checkEnvironment(env: Env): void {
  const fault = logLevelFault(env['LOG_LEVEL'])
  if (fault) throw new ConfigError([fault])
}

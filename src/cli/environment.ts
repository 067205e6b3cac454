import { ConfigError, type Env } from '../config.ts'
import { logLevelFault } from '../observe/log.ts'
import { tracingFault } from '../observe/tracing.ts'

/**
 * Variables that are no part of the configuration file.
 * @throws ConfigError
 */
export function checkEnvironment(env: Env): void {
  const faults = [logLevelFault(env['LOG_LEVEL']), tracingFault(env)].filter((fault) => fault !== undefined)
  if (faults.length > 0) throw new ConfigError(faults)
}

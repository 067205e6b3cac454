import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import type { CleanUps } from './clean-ups.ts'

/** What every part of the service is started with. */
export interface StartContext {
  readonly config: Config
  readonly env: Env
  readonly log: Log
  readonly cleanUps: CleanUps
}

import type { Env } from '../config.ts'

/** One command: how it is called, what it does, and its work. */
export interface Command {
  readonly usage: string
  readonly summary: string
  /** @returns the exit code. @throws UsageError, ConfigError */
  readonly run: (args: readonly string[], env: Env) => Promise<number>
}

import type { Env } from '../config/config.ts'

/** One command: how it is called, what it does, and its work. */
export interface Command {
  readonly usage: string
  readonly summary: string
  /** Its own flags, each with what it does; `--help`, and `--config` where it applies, are added. */
  readonly options?: readonly (readonly [flag: string, text: string])[]
  /** Command lines without the program's name. */
  readonly examples: readonly string[]
  /** What its exit codes mean, where the general ones do not say enough. */
  readonly exitCodes?: string
  /** Whether it reads the configuration, and so accepts `--config FILE`. */
  readonly readsConfig: boolean
  /** @returns the exit code. @throws UsageError, ConfigError */
  readonly run: (args: readonly string[], env: Env) => Promise<number>
}

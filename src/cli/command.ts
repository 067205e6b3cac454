import type { ParseArgsOptionDescriptor, parseArgs } from 'node:util'
import type { Env } from '../config/config.ts'

/** As `util.parseArgs` takes it. */
export interface Option extends ParseArgsOptionDescriptor {
  /** Its line of `--help`; left out where the line of another option tells of it. */
  readonly help?: readonly [flag: string, text: string]
}
export type Options = Readonly<Record<string, Option>>

/** What the command line gives. */
export interface Given<T extends Options> {
  readonly values: ReturnType<typeof parseArgs<{ options: T }>>['values']
  readonly positionals: readonly string[]
}

/** One command: how it is called, what it does, and its work. */
export interface Command<T extends Options = Options> {
  readonly usage: string
  readonly summary: string
  /** Its own options by name; `--help`, and `--config` where it applies, are added. */
  readonly options?: T
  readonly allowPositionals?: boolean
  /** Command lines without the program's name. */
  readonly examples: readonly string[]
  /** What its exit codes mean, where the general ones do not say enough. */
  readonly exitCodes?: string
  /** Whether it reads the configuration, and so accepts `--config FILE`. */
  readonly readsConfig: boolean
  /** @returns the exit code. @throws UsageError, ConfigError */
  run(given: Given<T>, env: Env): Promise<number>
}

/** The type of `run` follows from the options. */
export const command = <T extends Options>(it: Command<T>): Command => it

/** An option that takes a value. */
export const text = (flag: string, help: string) => ({ type: 'string', help: [flag, help] }) as const
/** An option that is there or not. */
export const flag = (name: string, help: string) => ({ type: 'boolean', help: [name, help] }) as const

export const JSON_OPTION = flag('--json', 'print JSON')

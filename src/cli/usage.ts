import { type ParseArgsConfig, parseArgs } from 'node:util'

/** The command line is wrong; the message says what and how. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** `util.parseArgs`, strict, with its complaint as a UsageError. */
export function parseOptions<T extends ParseArgsConfig>(
  args: readonly string[],
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs({ ...config, args: [...args] }) as ReturnType<typeof parseArgs<T>>
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

import { parseArgs } from 'node:util'
import type { Command, Given, Options } from './command.ts'

/** The command line is wrong; the message says what and how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** `util.parseArgs`, strict, with its complaint as a UsageError. */
export function parseOptions(
  args: readonly string[],
  { options = {}, allowPositionals = false }: Command,
): Given<Options> {
  try {
    return parseArgs({ options, allowPositionals, args: [...args] })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(message)
    const flags = Object.keys(options).map((name) => `--${name}`)
    throw new UsageError(
      `${/^Unknown option '[^']*'/.exec(message)?.[0] ?? message}; known options: ${[...flags, '--config', '--help'].join(', ')}`,
    )
  }
}

const EXAMPLE = 'for example --config /etc/webhook-error-exporter/config.yaml'

/**
 * Takes `--config FILE` or `--config=FILE` out of the arguments, wherever it appears before `--`.
 * @throws UsageError if the file is missing, or given twice
 */
export function takeConfigFlag(argv: readonly string[]): { args: readonly string[]; file: string | undefined } {
  const options = { config: { type: 'string' } } as const
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  const [given, ...more] = tokens.filter((token) => token.kind === 'option' && token.rawName === '--config')
  if (given?.kind !== 'option') return { args: argv, file: undefined }
  const { index, inlineValue, value } = given
  if (more.length > 0) throw new UsageError('--config is given twice; name one file')
  if (!value || (!inlineValue && value.startsWith('-'))) throw new UsageError(`--config needs a file, ${EXAMPLE}`)
  return { args: argv.toSpliced(index, inlineValue ? 1 : 2), file: value }
}

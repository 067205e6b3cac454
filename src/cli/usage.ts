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
export function takeConfigFlag(argv: readonly string[]): { args: string[]; file: string | undefined } {
  const args: string[] = []
  let file: string | undefined
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    if (word === '--') {
      args.push(...argv.slice(at))
      break
    }
    if (word !== '--config' && !word.startsWith('--config=')) {
      args.push(word)
      continue
    }
    if (file !== undefined) throw new UsageError('--config is given twice; name one file')
    file = word === '--config' ? argv[++at] : word.slice('--config='.length)
    if (!file || (word === '--config' && file.startsWith('-')))
      throw new UsageError(`--config needs a file, ${EXAMPLE}`)
  }
  return { args, file }
}

import { ConfigError, type Env } from '../config/config.ts'
import { VERSION } from '../version.ts'
import { PROGRAM, type Program } from './commands.ts'
import { complain, complainOfFault } from './complain.ts'
import { parseOptions, takeConfigFlag, UsageError } from './usage.ts'

/** The older forms of two commands. */
const ALIASES: Readonly<Record<string, string>> = {
  '--check-config': 'check-config',
  '--print-config-schema': 'print-config-schema',
}

/**
 * Finds the command and runs it; the only place where errors of the command line are shown.
 * @returns the process's exit code
 */
export async function run(argv: readonly string[], env: Env, program: Program = PROGRAM): Promise<number> {
  const { commands } = program
  let tried = ''
  try {
    const { args: rest, file } = takeConfigFlag(argv)
    const words = rest.map((word, index) => (index === 0 ? (ALIASES[word] ?? word) : word))
    if (isHelp(words))
      return await showHelp(
        words.filter((word) => !HELP.includes(word)),
        program,
      )
    if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
      process.stdout.write(`${VERSION}\n`)
      return 0
    }
    const name = nameOf(words, commands)
    if (name === undefined && words.length > 0) throw unknown(words, commands)
    const command = await commands[name ?? program.otherwise]!()
    tried = name ? `${name} ` : ''
    if (file !== undefined && !command.readsConfig)
      throw new UsageError(`${name} reads no configuration; leave out --config`)
    const args = name === undefined ? [] : words.slice(name.split(' ').length)
    const given = parseOptions(args, command)
    return await command
      .run(given, file === undefined ? env : { ...env, CONFIG_FILE: file })
      .catch((error: unknown) => {
        throw file !== undefined && error instanceof ConfigError ? namedByFlag(error) : error
      })
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) {
      if (error instanceof UsageError) complain(error.message)
      // One line per fault, without control characters.
      else process.stderr.write(`webhook-error-exporter: ${error.message}\n`)
      if (error instanceof UsageError) process.stderr.write(`Try: ${program.name} ${tried}--help\n`)
      return 2
    }
    complainOfFault(error)
    return 1
  }
}

const HELP: readonly string[] = ['--help', '-h', 'help']

/** What follows `--` is never an option. */
function isHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  const options = end < 0 ? words : words.slice(0, end)
  return options[0] === 'help' || options.includes('--help') || options.includes('-h')
}

/** The help of the command, of all that begin so (`journal`), or of the program. */
async function showHelp(words: readonly string[], program: Program): Promise<number> {
  const { commands } = program
  const isWhole = words.length === 0
  const name = nameOf(words, commands)
  const names = Object.keys(commands)
  const chosen = name ? [name] : names.filter((known) => isWhole || known.startsWith(`${words[0]} `))
  if (chosen.length === 0) throw unknown(words, commands)
  const { commandHelp, globalHelp } = await import('./help.ts')
  const shown = await Promise.all(chosen.map((each) => commands[each]!()))
  const isOwn = isWhole && program === PROGRAM
  process.stdout.write(isOwn ? globalHelp(shown) : shown.map((each) => commandHelp(each, program.name)).join('\n'))
  return 0
}

const nameOf = (words: readonly string[], commands: Program['commands']): string | undefined =>
  Object.keys(commands).find((known) => known === words.slice(0, known.split(' ').length).join(' '))

const unknown = (words: readonly string[], commands: Program['commands']): UsageError =>
  new UsageError(`there is no command or option ${words[0]}; known commands: ${Object.keys(commands).join(', ')}`)

/** Faults of the file itself name where it was named. */
const namedByFlag = ({ faults }: ConfigError): ConfigError =>
  new ConfigError(faults.map((fault) => fault.replace(/^CONFIG_FILE:/, '--config:')))

import { ConfigError, type Env } from '../config/config.ts'
import { VERSION } from '../version.ts'
import type { Command } from './command.ts'
import { complain, complainOfFault } from './complain.ts'
import { takeConfigFlag, UsageError } from './usage.ts'

/** Each is loaded only when it runs: a health check every few seconds must not load the service. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  explain: async () => (await import('./explain.ts')).explain,
  probe: async () => (await import('./probe.ts')).probe,
  healthcheck: async () => (await import('./healthcheck.ts')).healthcheck,
  demo: async () => (await import('./demo.ts')).demo,
  verify: async () => (await import('./verify.ts')).verify,
  'simulate deliver': async () => (await import('./simulate-deliver.ts')).simulateDeliver,
  'simulate give-up': async () => (await import('./simulate-give-up.ts')).simulateGiveUp,
  'simulate outage': async () => (await import('./simulate-outage.ts')).simulateOutage,
  'simulate receiver': async () => (await import('./simulate-receiver.ts')).simulateReceiver,
  close: async () => (await import('./close.ts')).close,
  'recovery list': async () => (await import('./recovery.ts')).recoveryList,
  'recovery request': async () => (await import('./recovery.ts')).recoveryRequest,
  'recovery done': async () => (await import('./recovery.ts')).recoveryDone,
  'journal reset-series': async () => (await import('./reset-series.ts')).resetSeries,
  'journal copy': async () => (await import('./journal-copy.ts')).journalCopy,
  supervise: async () => (await import('./supervise.ts')).superviseCommand,
  'check-config': async () => (await import('./check-config.ts')).checkConfig,
  'print-config-schema': async () => (await import('./print-config-schema.ts')).printConfigSchema,
}

/** The older forms of two commands. */
const ALIASES: Readonly<Record<string, string>> = {
  '--check-config': 'check-config',
  '--print-config-schema': 'print-config-schema',
}

/**
 * Finds the command and runs it; the only place where errors of the command line are shown.
 * @returns the process's exit code
 */
export async function run(argv: readonly string[], env: Env): Promise<number> {
  let tried = ''
  try {
    const { args: rest, file } = takeConfigFlag(argv)
    const words = rest.map((word, index) => (index === 0 ? (ALIASES[word] ?? word) : word))
    if (isHelp(words)) return await showHelp(words.filter((word) => !HELP.includes(word)))
    if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
      process.stdout.write(`${VERSION}\n`)
      return 0
    }
    const name = nameOf(words)
    if (name === undefined && words.length > 0) throw unknown(words)
    const command = await COMMANDS[name ?? 'serve']!()
    tried = name ? `${name} ` : ''
    if (file !== undefined && !command.readsConfig)
      throw new UsageError(`${name} reads no configuration; leave out --config`)
    const args = name === undefined ? [] : words.slice(name.split(' ').length)
    return await command.run(args, file === undefined ? env : { ...env, CONFIG_FILE: file }).catch((error: unknown) => {
      throw file !== undefined && error instanceof ConfigError ? namedByFlag(error) : error
    })
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) {
      if (error instanceof UsageError) complain(error.message, error.details)
      // One line per fault, without control characters.
      else process.stderr.write(`webhook-error-exporter: ${error.message}\n`)
      if (error instanceof UsageError) process.stderr.write(`Try: webhook-error-exporter ${tried}--help\n`)
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
async function showHelp(words: readonly string[]): Promise<number> {
  const name = nameOf(words)
  const names = name
    ? [name]
    : words[0]?.startsWith('-') === false
      ? Object.keys(COMMANDS).filter((known) => known.startsWith(`${words[0]} `))
      : []
  if (names.length === 0 && words.length > 0) throw unknown(words)
  const { commandHelp, globalHelp } = await import('./help.ts')
  const all = await Promise.all((names.length > 0 ? names : Object.keys(COMMANDS)).map((each) => COMMANDS[each]!()))
  process.stdout.write(names.length > 0 ? all.map(commandHelp).join('\n') : globalHelp(all))
  return 0
}

const nameOf = (words: readonly string[]): string | undefined =>
  Object.keys(COMMANDS).find((known) => known === words.slice(0, known.split(' ').length).join(' '))

const unknown = (words: readonly string[]): UsageError =>
  new UsageError(`there is no command or option ${words[0]}; known commands: ${Object.keys(COMMANDS).join(', ')}`)

/** Faults of the file itself name where it was named. */
const namedByFlag = ({ faults }: ConfigError): ConfigError =>
  new ConfigError(faults.map((fault) => fault.replace(/^CONFIG_FILE:/, '--config:')))

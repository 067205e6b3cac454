import { ConfigError, type Env } from '../config.ts'
import { VERSION } from '../version.ts'
import type { Command } from './command.ts'
import { UsageError } from './usage.ts'

/** Each is loaded when it is called for: a health check every few seconds must not load the service. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  explain: async () => (await import('./explain.ts')).explain,
  probe: async () => (await import('./probe.ts')).probe,
  healthcheck: async () => (await import('./healthcheck.ts')).healthcheck,
  selftest: async () => (await import('./selftest.ts')).selftest,
  'journal reset-series': async () => (await import('./reset-series.ts')).resetSeries,
  'journal copy': async () => (await import('./journal-copy.ts')).journalCopy,
  supervise: async () => (await import('./supervise.ts')).superviseCommand,
  'check-config': async () => (await import('./check-config.ts')).checkConfig,
  'print-config-schema': async () => (await import('./print-config-schema.ts')).printConfigSchema,
}

const help = (commands: readonly Command[]) => `webhook-error-exporter ${VERSION}
Receives the error webhooks of platforms that gave up a delivery, and makes each durable, counted, traced and queryable.

Usage: webhook-error-exporter [COMMAND] [OPTIONS]

Commands:
${commands.map(({ usage, summary }) => `  ${usage.padEnd(42)} ${summary}`).join('\n')}

Options:
  --check-config                             same as the command check-config
  --print-config-schema                      same as the command print-config-schema
  --help, -h                                 this text
  --version, -V                              the version

Environment:
  CONFIG_FILE                                YAML file; without it every setting has its default
  INGEST_HOST, INGEST_PORT                   listener for reports (127.0.0.1, 8080)
  ADMIN_HOST, ADMIN_PORT                     listener for metrics, health and API (127.0.0.1, 9464)
  JOURNAL_URL                                where failures are kept (sqlite:./data/journal.db)
  JOURNAL_PASSWORD_FILE                      password of a PostgreSQL journal
  LOG_LEVEL                                  trace, debug, info, warn, error, fatal or silent (info)
  SUPERVISOR_PORT                            supervise: port that answers the liveness probe (9466)
  SUPERVISOR_HUNG_AFTER                      supervise: seconds without a sign of life until a hung service is killed (60)
  SUPERVISOR_MEMORY_LIMIT                    supervise: bytes; the service is restarted at 95 % (the container's limit)
  OTEL_*                                     OpenTelemetry's standard variables; OTEL_EXPORTER_OTLP_ENDPOINT turns spans on

Exit codes: 0 done, 1 a fault at run time, 2 a fault of the command line or the configuration.
`

/**
 * Finds the command and runs it; the one place where an error of the command line is shown.
 * @returns the process's exit code
 */
export async function run(argv: readonly string[], env: Env): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(help(await Promise.all(Object.values(COMMANDS).map((load) => load()))))
    return 0
  }
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  const words = argv.map((word, index) =>
    index === 0 ? word.replace(/^--(check-config|print-config-schema)$/, '$1') : word,
  )
  const name = Object.keys(COMMANDS).find((known) => known === words.slice(0, known.split(' ').length).join(' '))
  try {
    if (name === undefined && words.length > 0) throw new UsageError(`there is no command or option ${words[0]}`)
    const command = await COMMANDS[name ?? 'serve']!()
    return await command.run(name === undefined ? [] : words.slice(name.split(' ').length), env)
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) {
      process.stderr.write(`webhook-error-exporter: ${error.message}\n`)
      if (error instanceof UsageError) process.stderr.write('Try: webhook-error-exporter --help\n')
      return 2
    }
    process.stderr.write(`webhook-error-exporter: ${(error as Error).stack}\n`)
    return 1
  }
}

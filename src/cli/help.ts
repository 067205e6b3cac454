import { VERSION } from '../version.ts'
import type { Command } from './command.ts'
import { PROGRAM } from './commands.ts'

const { name: NAME } = PROGRAM

export const globalHelp = (commands: readonly Command[]): string => `${NAME} ${VERSION}
Receives the error webhooks a platform sends after giving up on a delivery, and turns each into what an on-call engineer
needs: a durable record, a metric, a span, a diagnosis and an alert.

Usage: ${NAME} [COMMAND] [OPTIONS]

Commands:
${commands.map(({ usage, summary }) => `${usage.padEnd(44)} ${summary}`).join('\n')}

Options:
  --config FILE                              configuration file, instead of CONFIG_FILE
  --check-config                             same as the command check-config
  --print-config-schema                      same as the command print-config-schema
  --help, -h                                 this text; after a command, the help of that command
  --version, -V                              the version

Environment:
  CONFIG_FILE                                YAML file; without it every setting has its default
  INGEST_HOST, INGEST_PORT                   listener for reports (127.0.0.1, 8080)
  ADMIN_HOST, ADMIN_PORT                     listener for metrics, health and API (127.0.0.1, 9464)
  JOURNAL_URL                                where failures are kept (sqlite:./data/journal.db)
  JOURNAL_URL_FILE                           file that holds the URL, instead of JOURNAL_URL
  JOURNAL_PASSWORD_FILE                      password of a PostgreSQL journal
  LOG_LEVEL                                  trace, debug, info, warn, error, fatal or silent (info)
  SUPERVISOR_PORT                            supervise: port that answers the liveness probe (9466)
  SUPERVISOR_HUNG_AFTER                      supervise: seconds without a heartbeat until a hung service is killed (60)
  SUPERVISOR_MEMORY_LIMIT                    supervise: bytes; the service is restarted at 95 % (the container's limit)
  OTEL_*                                     OpenTelemetry's standard variables; OTEL_EXPORTER_OTLP_ENDPOINT turns spans on

${EXIT_CODES}
`

const EXIT_CODES = 'Exit codes: 0 success, 1 failed at run time, 2 the command line or the configuration is wrong.'
const CONFIG_OPTION = ['--config FILE', 'configuration file, instead of CONFIG_FILE'] as const
const HELP_OPTION = ['--help, -h', 'this text'] as const

/** @param program as it is called */
export function commandHelp(of: Command, program: string): string {
  const { usage, summary, options = {}, examples, exitCodes, readsConfig } = of
  const own = Object.values(options).flatMap(({ help }) => (help ? [help] : []))
  const all = [...own, ...(readsConfig ? [CONFIG_OPTION] : []), HELP_OPTION]
  const width = Math.max(...all.map(([flag]) => flag.length)) + 2
  return `Usage: ${program} ${usage}${readsConfig ? ' [--config FILE]' : ''}

${summary[0]!.toUpperCase()}${summary.slice(1)}.

Options:
${all.map(([flag, text]) => `  ${flag.padEnd(width)} ${text}`).join('\n')}

Examples:
${examples.map((line) => `  ${program} ${line}`).join('\n')}

${exitCodes ? `Exit codes: ${exitCodes}` : EXIT_CODES}
`
}

import { effectiveConfig } from '../config/effective.ts'
import type { CanaryMoments } from '../domain/ports/journal.ts'
import { redact } from '../domain/text/redact.ts'
import type { AdminDeps } from '../http/admin/app.ts'
import type { Egress } from '../service/egress.ts'
import type { LastHeard } from '../service/last-heard.ts'
import { VERSION } from '../version.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'

export interface PageSources {
  readonly journal: StartedJournal
  readonly lastHeard: LastHeard
  readonly egress: Egress
  /** Absent if no delivery is observed. */
  readonly deliveries?: AdminDeps['pages']['deliveries']
  /** Undefined if no canary is configured. */
  readonly canary: () => CanaryMoments | null | undefined
}

/** Variables that change what the service does; names that may contain a secret are not among them. */
const SHOWN_VARIABLES = [
  'CONFIG_FILE',
  'INGEST_HOST',
  'INGEST_PORT',
  'ADMIN_HOST',
  'ADMIN_PORT',
  'JOURNAL_URL',
  'JOURNAL_PASSWORD_FILE',
  'LOG_LEVEL',
  'NODE_OPTIONS',
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_SERVICE_NAME',
] as const

/** What the pages show besides what the API does. */
export function pageSources({ config, env }: StartContext, sources: PageSources): Omit<AdminDeps['pages'], 'warnings'> {
  const { journal, lastHeard, egress, canary, deliveries } = sources
  const { traceUrl } = config.admin
  return {
    journal: journal.journal,
    lastHeard,
    egress: egress.up,
    canary,
    ...(deliveries && { deliveries }),
    ...(traceUrl !== undefined && { traceUrl }),
    runtime: {
      startedAt: journal.clock(),
      build: [
        ['Version', VERSION],
        ['Node.js', process.version],
        ['Platform', `${process.platform} ${process.arch}`],
      ],
      // Masked when they are shown: the start would compile all the patterns.
      flags: () => [
        [
          'Command',
          process.argv
            .slice(2)
            .map((arg) => redact(arg))
            .join(' ') || 'none: serve is the default',
        ],
        ['Node.js flags', process.execArgv.map((arg) => redact(arg)).join(' ') || 'none'],
        ...SHOWN_VARIABLES.flatMap((name): [string, string][] => {
          const value = env[name]
          return value === undefined ? [] : [[name, redact(value)]]
        }),
      ],
      configuration: () => effectiveConfig(config),
    },
  }
}

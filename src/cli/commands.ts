import type { Command } from './command.ts'

export interface Program {
  /** As it is called. */
  readonly name: string
  readonly commands: Readonly<Record<string, () => Promise<Command>>>
  /** The command that runs if none is named. */
  readonly otherwise: string
}

/** Each command is loaded only when it runs: a health check every few seconds must not load the service. */
export const PROGRAM: Program = {
  name: 'webhook-error-exporter',
  otherwise: 'serve',
  commands: {
    serve: async () => (await import('./serve.ts')).serve,
    explain: async () => (await import('./explain.ts')).explain,
    probe: async () => (await import('./probe.ts')).probe,
    healthcheck: async () => (await import('./healthcheck.ts')).healthcheck,
    verify: async () => (await import('./verify.ts')).verify,
    'simulate give-up': async () => (await import('./simulate-give-up.ts')).simulateGiveUp,
    close: async () => (await import('./close.ts')).close,
    recovery: async () => (await import('./recovery.ts')).recovery,
    'journal reset-series': async () => (await import('./reset-series.ts')).resetSeries,
    'journal copy': async () => (await import('./journal-copy.ts')).journalCopy,
    supervise: async () => (await import('./supervise.ts')).superviseCommand,
    'check-config': async () => (await import('./check-config.ts')).checkConfig,
    'print-config-schema': async () => (await import('./print-config-schema.ts')).printConfigSchema,
  },
}

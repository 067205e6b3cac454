import { flushCompileCache } from 'node:module'
import { type App, startApp } from '../app.ts'
import type { Log } from '../domain/telemetry.ts'
import { createLog } from '../observe/log.ts'
import type { Command } from './command.ts'
import { loadChecked } from './environment.ts'
import { parseOptions } from './usage.ts'

/** Milliseconds for which a slow reader of the log is waited for at the end. */
const LOG_DEADLINE = 3_000
/** Milliseconds from the signal to the end; Kubernetes waits 30 s. */
const STOP_DEADLINE = 10_000
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/** Runs the service until a signal ends it. */
export const serve: Command = {
  usage: 'serve',
  summary: 'run the service (the default)',
  examples: ['serve --config /etc/webhook-error-exporter/config.yaml', 'serve'],
  exitCodes:
    '0 stopped in time by SIGTERM or SIGINT, 1 failed at run time, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(args, env) {
    parseOptions(args, { options: {} })
    const config = await loadChecked(env)
    const log = await createLog({ level: env['LOG_LEVEL'], terminal: process.stdout.isTTY })
    const signal = firstSignal()
    surviveFaults(log)
    let app: App
    try {
      app = await startApp(config, { env, log })
    } catch (error) {
      return refused(error as ListenError, log)
    }
    // A process that is killed would never write it.
    flushCompileCache()
    log.info({ signal: await signal }, 'stopping')
    const clean = await app.stop(STOP_DEADLINE)
    log.info({ clean }, 'stopped')
    // A write that is cut by the end of the process would leave half a line before the last ones.
    await new Promise<void>((written) => {
      setTimeout(written, LOG_DEADLINE).unref()
      log.flush(written)
    })
    // What is left (a hung collector's socket, say) must not keep the process.
    setTimeout(() => process.exit(), 500).unref()
    return clean ? 0 : 1
  },
}

/**
 * Faults that no code of ours foresaw. A promise that nobody waited for harms nobody; after an exception the state is
 * unknown, so that the process ends, what was acknowledged is in the journal, and Kubernetes starts another.
 */
function surviveFaults(log: Log): void {
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody looked'))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault that nobody foresaw ends the process')
    process.exit(1)
  })
}

/** The second signal does not wait for anything. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let seen = false
    for (const [name, number] of Object.entries(SIGNALS)) {
      // In place of the one in main.ts, which ends a process that holds nothing yet. Added before that one goes: with
      // the last listener Node drops a signal that came and was not told of yet.
      const earlier = process.listeners(name)
      process.on(name, () => {
        if (seen) process.exit(128 + number)
        seen = true
        resolve(name)
      })
      for (const listener of earlier) process.removeListener(name, listener)
    }
  })
}

type ListenError = NodeJS.ErrnoException & { port?: number; address?: string; hostname?: string }

/** A port in use is one clear line, not a stack. */
function refused(error: ListenError, log: Log): number {
  if (error.syscall !== 'listen' && error.syscall !== 'getaddrinfo') throw error
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process listens there',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'this name has no address',
  }
  const place = `${error.address ?? error.hostname}${error.port ? `:${error.port}` : ''}`
  log.fatal({ code: error.code }, `cannot listen on ${place}: ${reasons[error.code ?? ''] ?? error.message}`)
  return 1
}

import { flushCompileCache } from 'node:module'
import { type App, startApp } from '../app/app.ts'
import { ConfigError, type Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { exitNow } from '../exit-now.ts'
import { createLog, logLevelFault, type ProcessLog } from '../observe/log.ts'
import type { Command } from './command.ts'
import { loadChecked } from './environment.ts'
import { isSupervised, showSignsOfLife } from './lifeline.ts'
import { stopSignal } from './signals.ts'
import { parseOptions } from './usage.ts'

/** Milliseconds for which a slow reader of the log is waited for at the end. */
const LOG_DEADLINE = 3_000
const FORCED_LOG_DEADLINE = 500
/** Milliseconds from the signal to the end; Kubernetes waits 30 s. */
const STOP_DEADLINE = 10_000

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
    const supervised = isSupervised(env)
    if (supervised) showSignsOfLife(env)
    const first = await loadChecked(env).catch((error: unknown) => {
      if (supervised && error instanceof ConfigError) return error
      throw error
    })
    // A level that is not known is one of the errors of the configuration.
    const level = logLevelFault(env['LOG_LEVEL']) ? undefined : env['LOG_LEVEL']
    const log = await createLog({ level, terminal: process.stdout.isTTY })
    const signal = stopSignal((code) => endNow(code, log))
    void signal.then(() => forceEnd(log))
    surviveFaults(log)
    let reload = async (): Promise<void> => {}
    process.on('SIGHUP', () => {
      log.info({ signal: 'SIGHUP' }, 'reloading')
      reload().catch((error: unknown) => log.error({ err: error }, 'reload failed'))
    })

    const restarts = Number(env['SUPERVISOR_RESTARTS']) || 0
    let config = first
    let app: App | undefined
    while (!app) {
      if (config instanceof ConfigError) {
        const { awaitValidConfig } = await import('../app/misconfigured.ts')
        const valid = await awaitValidConfig(config, {
          load: () => loadChecked(env),
          log,
          restarts,
          stopped: signal,
          onReload: (check) => {
            reload = async () => check()
          },
        })
        if (!valid) return end(true, log)
        config = valid
      }
      try {
        app = await startApp(config, { env, log, restarts })
      } catch (error) {
        if (!supervised || !(error instanceof ConfigError)) return refused(error as ListenError, log)
        config = error
      }
    }
    const running = app
    reload = async () => {
      await running.reload()
      await compareConfig(config as Config, env, log)
    }
    // A process that is killed would never write it.
    flushCompileCache()
    log.info({ signal: await signal }, 'stopping')
    const clean = await running.stop(STOP_DEADLINE)
    if (clean) log.info({ clean }, 'stopped')
    else log.error({ clean }, 'not everything stopped before the shutdown deadline, exiting without waiting further')
    return end(clean, log)
  },
}

/** SIGHUP reloads tokens only; that the rest of a changed file is not in force must not go unnoticed. */
async function compareConfig(running: Config, env: Env, log: ProcessLog): Promise<void> {
  try {
    const now = await loadChecked(env)
    if (JSON.stringify(now) !== JSON.stringify(running))
      log.warn({}, 'the configuration has changed; restart the service to apply it')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.error({ errors: error.faults }, 'the changed configuration is invalid; the running one stays in force')
  }
}

async function end(clean: boolean, log: ProcessLog): Promise<number> {
  await flushed(log, LOG_DEADLINE)
  // What did not stop may be a thread that hangs, which every other way to exit would wait for.
  if (!clean) exitNow(1)
  // What is left (a hung collector's socket, say) must not keep the process.
  setTimeout(() => process.exit(), 500).unref()
  return 0
}

/** A write that is cut by the end of the process would leave half a line before the last ones. */
const flushed = (log: ProcessLog, deadline: number): Promise<void> =>
  new Promise((written) => {
    setTimeout(written, deadline).unref()
    log.flush(written)
  })

/** Whatever hangs then: Kubernetes would wait longer, and then kill without a word. */
function forceEnd(log: ProcessLog): void {
  const force = () => {
    log.error({ clean: false, deadlineMs: STOP_DEADLINE }, 'shutdown deadline reached, exiting without waiting further')
    void flushed(log, FORCED_LOG_DEADLINE).then(() => exitNow(1))
  }
  setTimeout(force, STOP_DEADLINE).unref()
}

function endNow(code: number, log: ProcessLog): never {
  log.flushSync()
  return exitNow(code)
}

/**
 * Faults that no code of ours foresaw. A promise that nobody waited for harms nobody; after an exception the state is
 * unknown, so that the process ends, what was acknowledged is in the journal, and Kubernetes starts another.
 */
function surviveFaults(log: ProcessLog): void {
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody looked'))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault that nobody foresaw ends the process')
    endNow(1, log)
  })
}

type ListenError = NodeJS.ErrnoException & { port?: number; address?: string; hostname?: string }

/** A port in use is one clear line, not a stack. */
function refused(error: ListenError, log: ProcessLog): number {
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

import { flushCompileCache } from 'node:module'
import type { App } from '../app/app.ts'
import { ConfigError, type Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { isPostgresUrl, parsePostgresUrl } from '../domain/ports/postgres-url.ts'
import { exitNow } from '../exit-now.ts'
import { keepLessGarbage, releaseMemoryWhenIdle } from '../idle-memory.ts'
import { closeInheritedSockets } from '../inherited-sockets.ts'
import { startWriterAhead } from '../journal/sqlite/writer-thread.ts'
import { createLog, logLevelFault, type ProcessLog } from '../observe/log.ts'
import { command } from './command.ts'
import { loadChecked } from './environment.ts'
import { askForSockets, isSupervised, showSignsOfLife } from './lifeline.ts'
import { stopSignal } from './signals.ts'

/** Milliseconds to wait for a slow reader of the log at the end. */
const LOG_DEADLINE = 3_000
const FORCED_LOG_DEADLINE = 500
/** Milliseconds from the signal to the end; Kubernetes waits 30 s. */
const STOP_DEADLINE = 10_000
/** The same with a proxy, which goes on until its pod is out of the endpoints, and answers what is in flight then. */
const PROXY_STOP_DEADLINE = 25_000

/** Runs the service until a signal ends it. */
export const serve = command({
  usage: 'serve',
  summary: 'run the service (the default)',
  examples: ['serve --config /etc/webhook-error-exporter/config.yaml', 'serve'],
  exitCodes:
    '0 stopped in time by SIGTERM or SIGINT, 1 failed at run time, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(_, env) {
    const supervised = isSupervised(env)
    if (supervised) showSignsOfLife(env)
    const first = await loadChecked(env).catch((error: unknown) => {
      if (supervised && error instanceof ConfigError) return error
      throw error
    })
    if (supervised) await askForSockets(first instanceof ConfigError ? first.listeners : first, env)
    // An unknown level is reported with the other configuration errors.
    const level = logLevelFault(env['LOG_LEVEL']) ? undefined : env['LOG_LEVEL']
    const log = await createLog({ level, terminal: process.stdout.isTTY })
    const signal = stopSignal((code) => endNow(code, log))
    let deadline = STOP_DEADLINE
    void signal.then(() => {
      closeInheritedSockets()
      forceEnd(log, deadline)
    })
    logUnexpectedErrors(log)
    let reload = async (): Promise<void> => {}
    process.on('SIGHUP', () => {
      log.info({ signal: 'SIGHUP' }, 'reloading')
      reload().catch((error: unknown) => log.error({ err: error }, 'reload failed'))
    })

    const restarts = {
      all: Number(env['SUPERVISOR_RESTARTS']) || 0,
      forMemory: Number(env['SUPERVISOR_OOM_KILLS']) || 0,
    }
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
        const { startApp } = await loadApp(config)
        app = await startApp(config, { env, log, restarts })
      } catch (error) {
        if (!supervised || !(error instanceof ConfigError)) return refused(error as ListenError, log)
        config = error
      }
    }
    const running = app
    if ((config as Config).proxy) deadline = PROXY_STOP_DEADLINE
    reload = async () => {
      await running.reload()
      await compareConfig(config as Config, env, log)
    }
    // A killed process would never write it.
    flushCompileCache()
    keepLessGarbage()
    releaseMemoryWhenIdle((milliseconds) =>
      log.debug({ milliseconds: Math.round(milliseconds) }, 'unused memory released'),
    )
    log.info({ signal: await signal }, 'stopping')
    const clean = await running.stop(deadline)
    if (clean) log.info({ clean }, 'stopped')
    else log.error({ clean }, 'not everything stopped before the shutdown deadline, exiting without waiting further')
    return end(clean, log)
  },
})

/** The writing thread starts on another processor while this one loads the service. */
async function loadApp({ journal }: Config): Promise<typeof import('../app/app.ts')> {
  if (!isPostgresUrl(journal.url)) await startWriterAhead()
  return import('../app/app.ts')
}

/** SIGHUP reloads tokens only, so a warning says that other changes are not in force. */
async function compareConfig(running: Config, env: Env, log: ProcessLog): Promise<void> {
  try {
    const now = await loadChecked(env)
    if (JSON.stringify(comparable(now)) !== JSON.stringify(comparable(running)))
      log.warn({}, 'configuration changed; restart the service to apply it')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.error({ errors: error.faults }, 'changed configuration invalid; the running one stays in force')
  }
}

/** The password of `journal.urlFile` is read for each connection, so a new one is in force already. */
function comparable(config: Config): object {
  const { journal } = config
  if (journal.urlFile === undefined || !isPostgresUrl(journal.url)) return config
  return { ...config, journal: { ...journal, url: { ...parsePostgresUrl(journal.url), password: '' } } }
}

async function end(clean: boolean, log: ProcessLog): Promise<number> {
  await flushed(log, LOG_DEADLINE)
  // A thread that hangs may be the reason, and every other way to exit would wait for it.
  if (!clean) exitNow(1)
  // A hung collector's socket, for example, must not keep the process running.
  setTimeout(() => process.exit(), 500).unref()
  return 0
}

/** Without this, the end of the process could cut a log line in half. */
const flushed = (log: ProcessLog, deadline: number): Promise<void> =>
  new Promise((written) => {
    setTimeout(written, deadline).unref()
    log.flush(written)
  })

/** Exits at the deadline, with a log line: Kubernetes would wait longer and then kill silently. */
function forceEnd(log: ProcessLog, deadline: number): void {
  const force = () => {
    log.error({ clean: false, deadlineMs: deadline }, 'shutdown deadline reached, exiting without waiting further')
    void flushed(log, FORCED_LOG_DEADLINE).then(() => exitNow(1))
  }
  setTimeout(force, deadline).unref()
}

function endNow(code: number, log: ProcessLog): never {
  log.flushSync()
  return exitNow(code)
}

/**
 * Unexpected errors. An unhandled rejection is only logged; after an uncaught exception the state is unknown, so the
 * process exits: what was acknowledged is in the journal, and Kubernetes starts another process.
 */
function logUnexpectedErrors(log: ProcessLog): void {
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled promise rejection'))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception, exiting')
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
  const address = `${error.address ?? error.hostname}${error.port ? `:${error.port}` : ''}`
  log.fatal({ code: error.code }, `cannot listen on ${address}: ${reasons[error.code ?? ''] ?? error.message}`)
  return 1
}

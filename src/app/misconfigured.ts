import { ConfigError, type KnownListeners } from '../config/config.ts'
import { cutCharacters, redact } from '../domain/redact.ts'
import type { Log } from '../domain/telemetry.ts'
import { type Listener, listen } from '../http/shared/listener.ts'
import { misconfiguredAdminApp, misconfiguredIngestApp } from '../http/shared/misconfigured-apps.ts'
import { misconfiguredMetrics } from '../observe/exporter-metrics.ts'
import { NO_SPAN } from '../observe/tracing.ts'
import { defaultEntries } from '../sources/index.ts'
import { VERSION } from '../version.ts'
import { listenAsProxy } from './proxy.ts'

/** Milliseconds between two reads of the file. */
const INTERVAL = 2_000
/** Milliseconds for what is being answered when the service takes over. */
const CLOSE_WITHIN = 1_000
const MOST_SHOWN = 1_000
const LISTENING = { maxConnections: 1_000, keepAliveTimeout: 75_000, grace: 250 }

export interface MisconfiguredDeps<C> {
  /** Reads the configuration again. @throws ConfigError while it is not valid */
  readonly load: () => Promise<C>
  readonly restarts: number
  readonly log: Log
  /** Ends the wait: the process is to stop. */
  readonly stopped: Promise<unknown>
  /** Called with a function that reads the file at once. */
  readonly onReload: (check: () => void) => void
}

/**
 * The sidecar form with an invalid configuration. Ending would take the application out of its Service, so this answers
 * 503 instead of the service, reports what is wrong, and reads the file again until it is valid.
 * @returns the valid configuration; undefined if the process is to stop first
 */
export async function awaitValidConfig<C>(first: ConfigError, deps: MisconfiguredDeps<C>): Promise<C | undefined> {
  const { load, log, restarts, stopped, onReload } = deps
  let faults = shownFaults(first)
  let known = first.listeners
  let sources = sourcesOf(first)
  const metrics = misconfiguredMetrics({ version: VERSION, restarts, configErrors: first.faults.length }, [
    ...sources.values(),
  ])
  const openers = {
    proxy: () => openProxy(known.proxy!, log),
    ingest: () => open('ingest'),
    admin: () => open('admin'),
  }
  const handlers = {
    ingest: misconfiguredIngestApp((path) => metrics.refused(path === undefined ? undefined : sources.get(path))),
    admin: misconfiguredAdminApp({
      faults: () => faults,
      hosts: () => known.admin ?? {},
      renderMetrics: metrics.render,
      log,
    }),
  }
  const listeners = new Map<keyof KnownListeners, { address: string; listener: Listener }>()
  const failed = new Map<string, string>()

  const open = (name: 'ingest' | 'admin') =>
    listen({ host: known[name]!.host, port: known[name]!.port, handler: handlers[name], ...LISTENING })

  /** Follows the file's ports. A port in use is tried again: it is no reason to end either. */
  const listenAt = async (): Promise<void> => {
    for (const name of ['proxy', 'admin', 'ingest'] as const) {
      const at = known[name]
      const address = at && (name === 'proxy' ? JSON.stringify(at) : `${at.host} ${at.port}`)
      const before = listeners.get(name)
      if (before && before.address !== address) {
        listeners.delete(name)
        await before.listener.close(CLOSE_WITHIN)
      }
      if (!at || !address || listeners.has(name)) continue
      try {
        const listener = await openers[name]()
        listeners.set(name, { address, listener })
        failed.delete(name)
        if (name !== 'proxy') log.info({ listener: name, ...listener.address }, 'listening')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (failed.get(name) !== code)
          log.error({ listener: name, host: at.host, port: at.port, code }, 'cannot listen')
        failed.set(name, code ?? '')
      }
    }
  }
  const report = () => log.error({ errors: faults }, 'configuration invalid, answering 503 until it is corrected')

  let check = (): void => {}
  onReload(() => check())
  let stop = false
  void stopped.then(() => {
    stop = true
    check()
  })
  report()
  await listenAt()
  for (;;) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, INTERVAL)
      check = () => {
        clearTimeout(timer)
        resolve()
      }
      if (stop) check()
    })
    const loaded = stop ? undefined : await load().catch((error: unknown) => error)
    if (!stop && loaded instanceof ConfigError) {
      const before = faults.join('\n')
      faults = shownFaults(loaded)
      sources = sourcesOf(loaded)
      metrics.configured(loaded.faults.length)
      if (faults.join('\n') !== before) report()
      known = loaded.listeners
      await listenAt()
      continue
    }
    for (const { listener } of listeners.values()) await listener.close(CLOSE_WITHIN)
    if (loaded instanceof Error) throw loaded
    if (!stop) log.info({}, 'configuration valid, starting')
    return stop ? undefined : (loaded as C)
  }
}

/** Deliveries go on, although nothing counts them: a mistake elsewhere in the file is no reason to lose them. */
function openProxy(proxy: NonNullable<KnownListeners['proxy']>, log: Log): Promise<Listener> {
  const ignore = () => {}
  return listenAsProxy(proxy, {
    log,
    maxConnections: LISTENING.maxConnections,
    metrics: { deliveryBegun: ignore, attempted: ignore, deliveryEnded: ignore },
    tracing: { request: () => NO_SPAN },
    onDelivery: ignore,
    clock: Date.now,
  })
}

/** Names by path. */
function sourcesOf({ sources }: ConfigError): ReadonlyMap<string, string> {
  const named = Object.entries(sources).map(([name, { path }]) => [path, name] as const)
  return new Map(named.length > 0 ? named : defaultEntries().map(({ name, path }) => [path, name]))
}

/** Secrets do not belong in the file, but people put them there: in a URL, or where the name of a file belongs. */
const shownFaults = ({ faults }: ConfigError): readonly string[] =>
  faults.slice(0, 100).map((fault) => cutCharacters(redact(fault), MOST_SHOWN))

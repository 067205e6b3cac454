import { ConfigError } from '../config/config.ts'
import type { Log, Restarts } from '../domain/ports/telemetry.ts'
import { cutCharacters, redact } from '../domain/text/redact.ts'
import { misconfiguredAdminApp, misconfiguredIngestApp } from '../http/shared/misconfigured-apps.ts'
import { misconfiguredMetrics } from '../observe/exporter-metrics.ts'
import { defaultEntries } from '../sources/index.ts'
import { VERSION } from '../version.ts'
import { misconfiguredListeners } from './misconfigured-listeners.ts'
import { createPause } from './pause.ts'

/** Milliseconds between two reads of the file. */
const INTERVAL = 2_000
const MOST_SHOWN = 1_000

export interface MisconfiguredDeps<C> {
  /** Reads the configuration again. @throws ConfigError while it is not valid */
  readonly load: () => Promise<C>
  readonly restarts: Restarts
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
  const listeners = misconfiguredListeners(
    {
      ingest: misconfiguredIngestApp((path) => metrics.refused(path === undefined ? undefined : sources.get(path))),
      admin: misconfiguredAdminApp({
        faults: () => faults,
        hosts: () => known.admin ?? {},
        renderMetrics: metrics.render,
        log,
      }),
    },
    log,
  )
  const report = () => log.error({ errors: faults }, 'configuration invalid, answering 503 until it is corrected')
  const pause = createPause()
  onReload(pause.end)
  let isStopped = false
  void stopped.then(() => {
    isStopped = true
    pause.end()
  })
  report()
  await listeners.follow(known)
  for (;;) {
    await pause.wait(INTERVAL)
    const loaded = isStopped ? undefined : await load().catch((error: unknown) => error)
    if (!isStopped && loaded instanceof ConfigError) {
      const before = faults.join('\n')
      faults = shownFaults(loaded)
      sources = sourcesOf(loaded)
      metrics.configured(loaded.faults.length)
      if (faults.join('\n') !== before) report()
      known = loaded.listeners
      await listeners.follow(known)
      continue
    }
    await listeners.close()
    if (loaded instanceof Error) throw loaded
    if (!isStopped) log.info({}, 'configuration valid, starting')
    return isStopped ? undefined : (loaded as C)
  }
}

/** Names by path. */
function sourcesOf({ sources }: ConfigError): ReadonlyMap<string, string> {
  const named = Object.entries(sources).map(([name, { path }]) => [path, name] as const)
  return new Map(named.length > 0 ? named : defaultEntries().map(({ name, path }) => [path, name]))
}

/** Secrets do not belong in the file, but people put them there: in a URL, or where the name of a file belongs. */
const shownFaults = ({ faults }: ConfigError): readonly string[] =>
  faults.slice(0, 100).map((fault) => cutCharacters(redact(fault), MOST_SHOWN))

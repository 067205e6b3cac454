import type { AddressInfo } from 'node:net'
import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log, Restarts } from '../domain/ports/telemetry.ts'
import { connectionLimits, openFileLimit } from '../http/shared/connection-limits.ts'
import { createLastHeard } from '../service/last-heard.ts'
import { startAdmin } from './admin.ts'
import { canarySecret, openCanary, simulationSecret } from './canary.ts'
import { createCleanUps } from './clean-ups.ts'
import { conditions } from './conditions.ts'
import { startCore } from './core.ts'
import { sendToHooks, startRecoveryIfOn } from './if-configured.ts'
import { startIngest } from './ingest.ts'
import { journalEvents } from './journal-events.ts'
import { startObservation } from './observation.ts'
import { pageSources } from './pages.ts'
import { createPhases } from './phases.ts'
import { openSources } from './sources.ts'

export interface App {
  readonly ingest: AddressInfo
  readonly admin: AddressInfo
  /** Undefined if no proxy is configured. */
  readonly proxy: AddressInfo | undefined
  /** Reads the tokens again now; the rest of the configuration needs a restart. */
  reload(): Promise<void>
  /**
   * Answers what is in flight, flushes journal and spans, and releases everything in reverse order of its start.
   * @param deadline milliseconds for all of it
   * @returns whether everything ended in time
   */
  stop(deadline: number): Promise<boolean>
}

export interface AppDeps {
  readonly env: Env
  readonly log: Log
  readonly clock?: Clock
  /** How often the supervisor of the sidecar form restarted the service. */
  readonly restarts?: Restarts
}

/** Milliseconds to stop what was started before a start that failed. */
const FAILED_START_DEADLINE = 2_000

/**
 * The composition root: starts one part after the other, each of which pushes its clean-up.
 * @throws what `listen` throws, after everything started before it was stopped
 */
export async function startApp(config: Config, deps: AppDeps): Promise<App> {
  const { env, log, clock = Date.now, restarts } = deps
  const cleanUps = createCleanUps(log)
  const context = { config, env, log, cleanUps }
  const phases = createPhases()
  const stop = (deadline: number): Promise<boolean> => {
    phases.drain()
    return cleanUps.run(deadline)
  }

  try {
    const core = await startCore(context, { clock, ...(restarts && { restarts }) })
    const { journal, incidents, readSecret } = core
    const lastHeard = createLastHeard(journal.clock)
    const events = { onSnapshot: incidents.onSnapshot, onTotals: lastHeard.restored }
    // It is opened while the rest starts: by another thread, or the server.
    const opened = journal.open(journalEvents({ ...core, ...core.telemetry, ...events, log }))
    const limits = connectionLimits(openFileLimit(), { proxy: config.proxy !== undefined })
    const maxConnections = limits.proxy ?? 0
    const { delivered, rates, address: proxy } = await startObservation(context, core, { phases, maxConnections })
    const sources = await openSources(context, { ...core, clock: journal.clock })
    const secret = canarySecret(context, readSecret)
    const canary = openCanary(context, { ...core, secret })
    const recovery = await startRecoveryIfOn(context, core)
    const admin = await startAdmin(context, {
      ...core,
      opened,
      conditions: (adminIsOpen) =>
        conditions({
          phase: phases.current,
          journal: journal.journal.status(),
          shared: journal.shared,
          proxies: config.proxy !== undefined,
          credentials: sources.status(),
          adminIsOpen,
        }),
      pages: pageSources(context, {
        journal,
        lastHeard,
        egress: core.egress,
        ...(rates && { deliveries: rates }),
        canary: () => canary?.moments(),
      }),
      maxConnections: limits.admin,
      recovery,
    })

    await opened
    core.probing.start(incidents.onProbeRound)
    incidents.start()
    const ingest = await startIngest(context, {
      ...core,
      delivered,
      sources,
      canarySecret: secret,
      simulationSecret: simulationSecret(context, readSecret),
      maxConnections: limits.ingest,
      onAnswered: lastHeard.answered,
    })
    await sendToHooks(context, core)
    canary?.start()

    phases.ready()
    const reload = async () => {
      await Promise.all([sources.reload(), admin.reload()])
      log.info({ credentials: sources.status().detail }, 'tokens reloaded')
    }
    return { ingest, admin: admin.address, proxy, reload, stop }
  } catch (error) {
    await stop(FAILED_START_DEADLINE)
    throw error
  }
}

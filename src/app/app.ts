import type { AddressInfo } from 'node:net'
import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../domain/clock.ts'
import { seriesLimit } from '../domain/series.ts'
import type { Log } from '../domain/telemetry.ts'
import { connectionLimits, openFileLimit } from '../http/shared/connection-limits.ts'
import { secretReader } from '../probe/secrets.ts'
import { createDeliveryRates } from '../service/delivery-rates.ts'
import { createLastHeard } from '../service/last-heard.ts'
import { probePlans } from '../service/probe-plans.ts'
import { startAdmin } from './admin.ts'
import { canarySecret, simulationSecret, startCanary } from './canary.ts'
import { createCleanUps } from './clean-ups.ts'
import { conditions, type Phase } from './conditions.ts'
import type { StartContext } from './context.ts'
import { startDeliveries } from './deliveries.ts'
import { hookPlan } from './hook-plan.ts'
import { startIncidents } from './incidents.ts'
import { startIngest } from './ingest.ts'
import { type StartedJournal, startJournal } from './journal.ts'
import { journalEvents } from './journal-events.ts'
import { outboundClient } from './outbound.ts'
import { pageSources } from './pages.ts'
import { startProbing } from './probing.ts'
import { giveUpTimes, startProxy } from './proxy.ts'
import type { StartedRecovery } from './recovery.ts'
import { openSources } from './sources.ts'
import { startTelemetry, type Telemetry } from './telemetry.ts'
import { namesWithReserve } from './tracked-names.ts'

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
  readonly restarts?: number
}

/** Milliseconds to stop what was started before a start that failed. */
const FAILED_START_DEADLINE = 2_000

/**
 * The composition root: starts one part after the other, each of which pushes its clean-up.
 * @throws what `listen` throws, after everything started before it was stopped
 */
export async function startApp(config: Config, deps: AppDeps): Promise<App> {
  const { env, log, clock = Date.now, restarts = 0 } = deps
  const cleanUps = createCleanUps(log)
  const context = { config, env, log, cleanUps }
  let phase: Phase = 'starting'
  let beginDrain = (): void => {}
  const stop = (deadline: number): Promise<boolean> => {
    if (phase === 'ready') beginDrain()
    phase = 'draining'
    return cleanUps.run(deadline)
  }

  try {
    const series = seriesLimit({
      limit: config.metrics.seriesLimit,
      configured: namesWithReserve(config),
      sources: Object.keys(config.sources),
    })
    const readSecret = secretReader(env)
    const plans = probePlans(config.endpoints, readSecret)
    const telemetry = await startTelemetry(context, { plans, restarts })
    const { metrics } = telemetry
    metrics.observe({ series: () => series.usage() })

    const journal = await startJournal(context, { metrics, clock })
    const client = outboundClient(context, journal)
    const { probing, egress } = startProbing(context, { journal, telemetry, client, plans })
    const incidents = startIncidents(context, { journal, telemetry, probing, plans })
    const delivered = startDeliveries(context, { journal, telemetry, incidents, giveUpAfter: giveUpTimes(config) })
    const limits = connectionLimits(openFileLimit(), { proxy: config.proxy !== undefined })
    const rates = createDeliveryRates()
    // Before the journal is opened: no delivery waits for it.
    const proxy = await startProxy(context, {
      telemetry,
      clock: journal.clock,
      maxConnections: limits.proxy ?? 0,
      onDelivery(delivery) {
        rates.observed(delivery)
        delivered.deliveries.observed(delivery)
      },
    })
    if (proxy) beginDrain = proxy.beginDrain
    const sources = await openSources(context, { telemetry, client, clock: journal.clock })
    const lastHeard = createLastHeard(journal.clock)
    let canary: ReturnType<typeof startCanary>
    const recovery = await recoveryOf(context, { journal, telemetry })
    const admin = await startAdmin(context, {
      journal,
      telemetry,
      incidents,
      conditions: (adminIsOpen) =>
        conditions({
          phase,
          journal: journal.journal.status(),
          shared: journal.shared,
          proxies: config.proxy !== undefined,
          credentials: sources.status(),
          adminIsOpen,
        }),
      pages: pageSources(context, {
        journal,
        lastHeard,
        egress,
        ...(config.proxy && { deliveries: rates.of }),
        canary: () => (config.canary ? (canary?.() ?? null) : undefined),
      }),
      maxConnections: limits.admin,
      recovery,
    })

    await journal.open(
      journalEvents({ log, metrics, series, followed: incidents.onSnapshot, heard: lastHeard.restored }),
    )
    probing.start(incidents.onProbeRound)
    incidents.start()
    const secret = canarySecret(context, readSecret)
    const maxConnections = limits.ingest
    const ingest = await startIngest(context, {
      journal,
      telemetry,
      incidents,
      series,
      delivered,
      sources,
      canarySecret: secret,
      simulationSecret: simulationSecret(context, readSecret),
      maxConnections,
      onAnswered: lastHeard.answered,
    })
    await sendToHooks(context, { journal, telemetry })
    canary = startCanary(context, { journal, telemetry, egress, client, readSecret, secret })

    phase = 'ready'
    const reload = async () => {
      await Promise.all([sources.reload(), admin.reload()])
      log.info({ credentials: sources.status().detail }, 'tokens reloaded')
    }
    return { ingest, admin: admin.address, proxy: proxy?.address, reload, stop }
  } catch (error) {
    await stop(FAILED_START_DEADLINE)
    throw error
  }
}

type HookDeps = { readonly journal: StartedJournal; readonly telemetry: Telemetry }

/** Loaded only if it is configured, as are hooks. */
async function recoveryOf(context: StartContext, deps: HookDeps): Promise<StartedRecovery | undefined> {
  if (!hookPlan(context.config)) return undefined
  return (await import('./recovery.ts')).startRecovery(context, deps)
}

async function sendToHooks(context: StartContext, deps: HookDeps): Promise<void> {
  if (context.config.hooks.length > 0) (await import('./hooks.ts')).startHooks(context, deps)
}

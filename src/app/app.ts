import type { AddressInfo } from 'node:net'
import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { type Classification, type CodeRules, classify } from '../domain/classify/classify.ts'
import type { Clock } from '../domain/clock.ts'
import { endpointUrls, identifier } from '../domain/endpoint.ts'
import { failureIds } from '../domain/failure.ts'
import { remembered } from '../domain/memoize.ts'
import type { Report } from '../domain/report.ts'
import { safeMessage } from '../domain/safe-message.ts'
import { boundedNames, ENDPOINT_LIMIT, seriesLimit } from '../domain/series.ts'
import type { Log } from '../domain/telemetry.ts'
import { NO_SOURCE } from '../domain/telemetry.ts'
import { adminApp } from '../http/admin/app.ts'
import type { Condition } from '../http/admin/health-handlers.ts'
import { openAdminToken } from '../http/admin/token.ts'
import { ingestApp } from '../http/ingest/app.ts'
import { openSourceAuth } from '../http/ingest/auth.ts'
import { canaryReceiver } from '../http/ingest/canary-handler.ts'
import { Intake } from '../http/ingest/intake.ts'
import { connectionLimits } from '../http/shared/connection-limits.ts'
import { listen } from '../http/shared/listener.ts'
import { isLoopback } from '../http/shared/loopback.ts'
import { threadsEnded } from '../journal/core/thread.ts'
import { openJournal } from '../journal/open.ts'
import { createMetrics } from '../observe/metrics.ts'
import { createTracing } from '../observe/tracing.ts'
import { outboundGuard } from '../outbound/guard.ts'
import { createProber } from '../probe/prober.ts'
import { longSecret, secretReader } from '../probe/secrets.ts'
import { createCanary } from '../service/canary.ts'
import { createEgress, usesProxy } from '../service/egress.ts'
import { createFollower, followIntervals } from '../service/follow-incidents.ts'
import { internalAuthorities, probePlans } from '../service/probe-plans.ts'
import { createProbing } from '../service/probing.ts'
import { createRecorder } from '../service/record.ts'
import { VERSION } from '../version.ts'
import { journalEvents } from './journal-events.ts'

/** RETM gives up after three attempts in a row. */
const RETM_ATTEMPTS = 3
/** A journal that takes longer to open is waited for behind open listeners, which answer 503. */
const OPEN_WAIT = 5_000

/** Prometheus and proxies in front of the API keep idle connections for a minute or more. */
const ADMIN_KEEP_ALIVE = 75_000
/** Its clients repeat what meets the end of a connection. */
const ADMIN_GRACE = 250
/** Busy proxies use each of their connections within it, and learn that they are to give it up, see docs/proxies.md. */
const INGEST_GRACE = 3_000
/** What arrives at the end of the grace period has this minus that for its body and its answer. */
const INGEST_DEADLINE = 5_000

const OPEN_ADMIN =
  'the admin API needs no token and listens beyond this machine: anyone who reaches it can read failures and incidents; set admin.apiToken'
/** Milliseconds that a journal that does not close leaves to what is stopped after it. */
const LAST_STEPS = 500

/** Look-ups at once that may hang: less than half of the thread pool that main.ts asks for. */
const LOOKUP_PLACES = 6

export interface App {
  readonly ingest: AddressInfo
  readonly admin: AddressInfo
  /** Reads the tokens again now; the rest of the configuration needs a restart. */
  reload(): Promise<void>
  /**
   * Answers what is in flight, flushes journal and spans, lets go of everything, in reverse order of its making.
   * @param deadline milliseconds for all of it
   * @returns whether everything ended in time
   */
  stop(deadline: number): Promise<boolean>
}

/**
 * The composition root: one straight line, a clean-up pushed as each thing comes to exist.
 * @throws what `listen` throws, with everything before it cleaned up
 */
export async function startApp(
  config: Config,
  { env, log, clock: ownClock = Date.now, restarts = 0 }: { env: Env; log: Log; clock?: Clock; restarts?: number },
): Promise<App> {
  const cleanUps: { name: string; run: (deadline: number) => unknown }[] = []
  const cleanUp = (name: string, run: (deadline: number) => unknown) => cleanUps.push({ name, run })
  let phase: 'starting' | 'ready' | 'draining' = 'starting'

  const stop = async (deadline: number): Promise<boolean> => {
    phase = 'draining'
    const end = performance.now() + deadline
    let clean = true
    for (const { name, run } of cleanUps.splice(0).reverse()) {
      try {
        await run(Math.max(end - performance.now(), 0))
      } catch (error) {
        clean = false
        log.error({ err: error }, `${name} did not stop well`)
      }
    }
    return clean && performance.now() < end
  }

  try {
    const sources = Object.keys(config.sources)
    const series = seriesLimit({
      limit: config.metrics.seriesLimit,
      configured: config.endpoints.map((endpoint) => endpoint.name),
      sources,
    })
    const urlOf = endpointUrls(config.endpoints)
    const readSecret = secretReader(env)
    const plans = probePlans(config.endpoints, readSecret)
    const metrics = createMetrics({
      version: VERSION,
      urlOf,
      sources,
      endpoints: config.endpoints,
      tenantLabel: config.metrics.tenantLabel,
      canary: config.canary !== undefined,
      restarts,
      probed: plans.flatMap(({ endpoint, views }) => views.map(({ vantage }) => ({ endpoint, vantage }))),
      onFault: (error) => log.error({ err: error }, 'a metric could not be set'),
    })
    const tracing = await createTracing({ log, version: VERSION, onSpans: metrics.spans })
    cleanUp('tracing', (deadline) => tracing.close(Math.min(deadline, 3_000)))

    const { journal, lease, shared, clock } = await openJournal(config.journal, {
      events: journalEvents({
        log,
        measuring: metrics,
        restore: series.restore,
        learn: series.learn,
        followed: (states) => follower.restored(states),
      }),
      incidents: config.incidents,
      configured: config.endpoints.map(({ name }) => name),
      clock: ownClock,
    })
    cleanUp('journal', async (deadline) => {
      const end = performance.now() + deadline - LAST_STEPS
      await journal.close(Math.max(end - performance.now(), 0))
      if (!(await threadsEnded(Math.max(end - performance.now(), 100))))
        throw new Error('an operation on the disk does not end; what was acknowledged is durable already')
    })
    metrics.observe({ journal: () => journal.status(), series: () => series.usage() })
    const holds = () => lease.fence() !== null
    lease.onChange(() => metrics.holds(holds()))
    metrics.holds(holds())

    const { allow, reference } = config.outbound
    const egress = createEgress({
      prober: createProber({
        guard: outboundGuard({ allow, internal: internalAuthorities(config.endpoints, reference) }),
        clock,
        places: LOOKUP_PLACES,
      }),
      reference,
    })
    metrics.observe({ egress: egress.up })
    const probing = createProbing({
      plans,
      prober: egress.prober,
      followIntervals: followIntervals(config.incidents),
      onRound: (round) => follower.looked(round),
      holds,
      log,
      clock,
    })
    cleanUp('probing', () => probing.stop())
    const follower = createFollower({
      journal,
      settings: config.incidents,
      names: boundedNames(
        config.endpoints.map((endpoint) => endpoint.name),
        ENDPOINT_LIMIT,
        shared,
      ),
      probing,
      plans,
      urlOf,
      newId: failureIds(),
      holds,
      measuring: metrics,
      tracing,
      log,
      clock,
    })
    cleanUp('follower', () => follower.stop())
    metrics.observe({ endpoints: follower.states })

    const auth = await openSourceAuth({
      source: 'retm',
      config: config.sources.retm,
      host: config.ingest.host,
      env,
      log,
      measuring: metrics,
    })
    cleanUp('credentials', () => auth.stop())

    // The listener's own address is known once it listens.
    let adminIsOpen = config.admin.apiToken === undefined && !isLoopback(config.admin.host)
    const conditions = (): Condition[] => {
      const { up, since, fault, spill, opening, warnings = [] } = journal.status()
      return [
        { name: 'lifecycle', ok: phase === 'ready', blocks: true, detail: phase },
        {
          name: 'journal',
          ok: up || spill?.usable === true,
          // Of several replicas the others go on; a single one must stay reachable to say 503 with Retry-After.
          blocks: shared,
          detail: up
            ? ['open', ...warnings].join('; ')
            : `${fault?.detail ?? `it is being opened${opening === undefined ? '' : `: ${opening}`}`}${spill?.usable ? `; reports are kept in the spill meanwhile, ${spill.waiting} wait there` : ''}`,
          since: new Date(since).toISOString(),
        },
        { name: 'credentials', blocks: false, ...auth.status() },
        { name: 'admin_api', ok: !adminIsOpen, blocks: false, detail: adminIsOpen ? OPEN_ADMIN : 'protected' },
      ]
    }
    const guards = await adminTokens(config, { env, log })
    cleanUp('admin tokens', guards.stop)
    const limits = connectionLimits()
    const admin = await listen({
      host: config.admin.host,
      port: config.admin.port,
      maxConnections: limits.admin,
      keepAliveTimeout: ADMIN_KEEP_ALIVE,
      grace: ADMIN_GRACE,
      handler: adminApp({
        version: VERSION,
        ...(config.admin.externalUrl !== undefined && { externalUrl: config.admin.externalUrl }),
        ...guards.tokens,
        journal,
        follower,
        endpoints: config.endpoints,
        urlOf,
        settings: config.incidents,
        clock,
        log,
        conditions,
        allowedHosts: config.admin.allowedHosts,
        warnings: () => (adminIsOpen ? [OPEN_ADMIN] : []),
        renderMetrics: metrics.render,
      }),
    })
    cleanUp('admin listener', (deadline) => admin.close(Math.min(deadline, 1_000)))
    log.info({ listener: 'admin', ...admin.address }, 'listening')
    adminIsOpen = config.admin.apiToken === undefined && !isLoopback(admin.address.address)
    if (adminIsOpen) log.warn({ listener: 'admin' }, OPEN_ADMIN)
    metrics.adminIsOpen(adminIsOpen)

    await Promise.race([journal.open(), new Promise((resolve) => setTimeout(resolve, OPEN_WAIT).unref())])

    const canarySecret =
      config.canary && longSecret({ owner: 'canary.secret', read: () => readSecret(config.canary!.secret), log })
    const intake = new Intake({
      answerTimeout: config.ingest.answerTimeout,
      expectedCommit: () => journal.expectedCommit(),
    })
    const ingest = await listen({
      onConnection: () => intake.accepted(),
      host: config.ingest.host,
      port: config.ingest.port,
      maxConnections: limits.ingest,
      keepAliveTimeout: config.ingest.keepAliveTimeout,
      grace: INGEST_GRACE,
      onRefused: (code) => metrics.answered({ source: NO_SOURCE, outcome: 'rejected', reason: code, seconds: 0 }),
      handler: ingestApp({
        source: 'retm',
        authenticate: auth.authenticate,
        canary: canaryReceiver({ secret: canarySecret, journal, clock }),
        intake,
        bodyLimit: config.ingest.bodyLimit,
        answerTimeout: config.ingest.answerTimeout,
        measuring: metrics,
        tracing,
        log,
        clock,
        record: createRecorder({
          journal,
          identify: remembered(identifier(config.endpoints)),
          classify: rememberedClassifier(config.sources.retm.codes),
          safeMessage: remembered(safeMessage),
          series,
          incidents: follower,
          tenantLabel: config.metrics.tenantLabel,
          measuring: metrics,
          log,
          clock,
          attempts: RETM_ATTEMPTS,
        }),
      }),
    })
    cleanUp('ingest listener', (deadline) => ingest.close(Math.min(deadline, INGEST_DEADLINE)))
    log.info({ listener: 'ingest', ...ingest.address }, 'listening')

    probing.start()
    follower.start()
    if (config.canary && canarySecret) {
      const { url, interval, token } = config.canary
      const canary = createCanary({
        url,
        interval,
        token: async () => token && readSecret(token),
        secret: canarySecret,
        classify: (report) => classify(report),
        lease,
        journal,
        measuring: metrics,
        log,
        clock,
        ...(usesProxy(env) ? {} : { onRun: egress.canaryRan }),
      })
      metrics.observe({ canary: canary.moments })
      cleanUp('canary', (deadline) => canary.stop(Math.min(deadline, 500)))
      canary.start()
    }

    const reload = async () => {
      await Promise.all([auth.reload(), guards.reload()])
      log.info({ credentials: auth.status().detail }, 'tokens reloaded')
    }
    phase = 'ready'
    return { ingest: ingest.address, admin: admin.address, reload, stop }
  } catch (error) {
    await stop(2_000)
    throw error
  }
}

/** Reports of one outage are alike. The key begins with the code, in which no space can be. */
function rememberedClassifier(rules: CodeRules): (report: Report) => Classification {
  const read = remembered((key) => {
    const space = key.indexOf(' ')
    return classify({ code: Number(key.slice(0, space)), message: key.slice(space + 1) }, rules)
  })
  return ({ code, message }) => read(`${code} ${message}`)
}

async function adminTokens({ admin }: Config, parts: { env: Env; log: Log }) {
  const api = admin.apiToken && (await openAdminToken('admin.apiToken', admin.apiToken, parts))
  const metrics = admin.metricsToken && (await openAdminToken('admin.metricsToken', admin.metricsToken, parts))
  return {
    tokens: { ...(api && { apiToken: api.credentials }), ...(metrics && { metricsToken: metrics.credentials }) },
    reload: () => Promise.all([api?.reload(), metrics?.reload()]),
    stop: () => {
      api?.stop()
      metrics?.stop()
    },
  }
}

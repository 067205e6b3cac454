import type { AddressInfo } from 'node:net'
import { endpointUrls, unconfiguredSeverity } from '../domain/report/endpoint.ts'
import { type AdminDeps as AppDeps, adminApp } from '../http/admin/app.ts'
import type { Condition } from '../http/admin/health-handlers.ts'
import { openAdminToken } from '../http/admin/token.ts'
import { listen } from '../http/shared/listener.ts'
import { isLoopback } from '../http/shared/loopback.ts'
import type { IncidentTracker } from '../service/incident-tracker.ts'
import { sourceEntries } from '../sources/index.ts'
import { VERSION } from '../version.ts'
import { changeTokenFile, openChangeToken } from './change-token.ts'
import { OPEN_ADMIN } from './conditions.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'
import type { StartedRecovery } from './recovery.ts'
import type { Telemetry } from './telemetry.ts'

/** Prometheus and proxies in front of the API keep idle connections for a minute or more. */
const KEEP_ALIVE = 75_000
/** Clients of the API retry when their connection ends. */
const GRACE = 250
const CLOSE_DEADLINE = 1_000

export interface AdminDeps {
  readonly journal: StartedJournal
  /** Settles once the journal's first opening has. */
  readonly opened: Promise<unknown>
  readonly telemetry: Telemetry
  readonly incidents: IncidentTracker
  readonly conditions: (adminIsOpen: boolean) => readonly Condition[]
  readonly pages: Omit<AppDeps['pages'], 'warnings'>
  readonly maxConnections: number
  /** Absent: recovery is off everywhere. */
  readonly recovery?: StartedRecovery | undefined
}

export interface StartedAdmin {
  readonly address: AddressInfo
  /** Reads the tokens again now. */
  reload(): Promise<unknown>
}

/** The private listener: metrics, health, API and pages. @throws what `listen` throws */
export async function startAdmin(context: StartContext, deps: AdminDeps): Promise<StartedAdmin> {
  const { config, log, cleanUps } = context
  const { admin } = config
  const isOpenOn = (host: string) => admin.apiToken === undefined && !isLoopback(host)
  // The listener's own address is known only once it listens.
  let isOpen = isOpenOn(admin.host)
  const tokens = await openTokens(context, deps.opened)
  const listener = await listen({
    name: 'admin',
    host: admin.host,
    port: admin.port,
    maxConnections: deps.maxConnections,
    keepAliveTimeout: KEEP_ALIVE,
    grace: GRACE,
    handler: adminApp({
      version: VERSION,
      ...(admin.externalUrl !== undefined && { externalUrl: admin.externalUrl }),
      ...tokens.credentials,
      journal: deps.recovery?.journal ?? deps.journal.journal,
      recovery: deps.recovery?.routes,
      tracker: deps.incidents,
      endpoints: config.endpoints,
      unconfiguredSeverity: unconfiguredSeverity(config),
      sources: sourceEntries(config.sources),
      urlOf: endpointUrls(config.endpoints),
      settings: config.incidents,
      clock: deps.journal.clock,
      log,
      conditions: () => deps.conditions(isOpen),
      allowedHosts: admin.allowedHosts,
      pages: { ...deps.pages, warnings: () => (isOpen ? [OPEN_ADMIN] : []) },
      renderMetrics: deps.telemetry.metrics.render,
    }),
  })
  cleanUps.push('admin listener', (deadline) => listener.close(Math.min(deadline, CLOSE_DEADLINE)))
  log.info({ listener: 'admin', ...listener.address }, 'listening')
  isOpen = isOpenOn(listener.address.address)
  if (isOpen) log.warn({ listener: 'admin' }, OPEN_ADMIN)
  deps.telemetry.metrics.adminIsOpen(isOpen)
  return { address: listener.address, reload: () => Promise.all([tokens.reload(), deps.recovery?.reload()]) }
}

async function openTokens({ config, env, log, cleanUps }: StartContext, opened: Promise<unknown>) {
  const { admin } = config
  const api = admin.apiToken && (await openAdminToken('admin.apiToken', admin.apiToken, { env, log }))
  const metrics = admin.metricsToken && (await openAdminToken('admin.metricsToken', admin.metricsToken, { env, log }))
  const file = changeTokenFile(config)
  const changes = file === undefined ? undefined : openChangeToken(file, { env, log, opened })
  const all = [api, metrics, changes].filter((each) => each !== undefined)
  cleanUps.push('admin tokens', () => {
    for (const each of all) each.stop()
  })
  return {
    credentials: {
      ...(api && { apiToken: api.credentials }),
      ...(metrics && { metricsToken: metrics.credentials }),
      ...(changes && { changeToken: changes.credentials }),
    },
    reload: () => Promise.all(all.map((each) => each.reload())),
  }
}

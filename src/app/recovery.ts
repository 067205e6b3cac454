import type { Journal } from '../domain/ports/journal.ts'
import { type RecoveryRoutes, recoveryRoutes } from '../http/admin/recovery-handler.ts'
import { openAdminToken } from '../http/admin/token.ts'
import type { Credentials } from '../http/shared/credentials.ts'
import { createRecoveries, shownRecovery } from '../service/recovery.ts'
import type { StartContext } from './context.ts'
import { hookPlan } from './hook-plan.ts'
import type { StartedJournal } from './journal.ts'
import type { Telemetry } from './telemetry.ts'

export interface StartedRecovery {
  /** The paths of the API. @param apiToken which lets in, too */
  routes(apiToken: Pick<Credentials, 'verify'> | undefined): RecoveryRoutes
  /** The journal; its closed incidents have a recovery if recovery is on. */
  readonly journal: Pick<Journal, 'get' | 'list' | 'stream' | 'countFailures' | 'incident' | 'incidents'>
  /** Reads the token again now. */
  reload(): Promise<unknown>
}

/** Makes what follows recoveries; it looks for overdue ones from now on. */
export async function startRecovery(
  { config, env, log, cleanUps }: StartContext,
  { journal: { journal, isLeader, clock }, telemetry: { metrics } }: { journal: StartedJournal; telemetry: Telemetry },
): Promise<StartedRecovery> {
  const plan = hookPlan(config) ?? { hooks: [] }
  const { token: ref, overdueAfter } = config.recovery
  const token = ref && (await openAdminToken('recovery.token', ref, { env, log }))
  const recoveries = createRecoveries({ journal, plan, overdueAfter, isLeader, log, clock })
  cleanUps.push('recoveries', () => {
    recoveries.stop()
    token?.stop()
  })
  metrics.observe({ recoveries: () => journal.recoveries() })
  recoveries.start()
  return {
    routes: (apiToken) => recoveryRoutes({ recoveries }, apiToken, token?.credentials),
    journal: {
      get: (id) => journal.get(id),
      list: (filter, page) => journal.list(filter, page),
      stream: (filter, page) => journal.stream(filter, page),
      countFailures: (count) => journal.countFailures(count),
      async incident(id) {
        const found = await journal.incident(id)
        return found && { ...found, incident: shownRecovery(plan, found.incident) }
      },
      async incidents(filter, page) {
        const found = await journal.incidents(filter, page)
        return { ...found, incidents: found.incidents.map((incident) => shownRecovery(plan, incident)) }
      },
    },
    reload: () => token?.reload() ?? Promise.resolve(),
  }
}

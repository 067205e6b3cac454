import { hookMessage } from '../domain/incident/hook-message.ts'
import { unconfiguredSeverity } from '../domain/report/endpoint.ts'
import { createOutboundClient } from '../outbound/client.ts'
import { secretReader } from '../probe/secrets.ts'
import { createHookSender } from '../service/hooks.ts'
import { recoveryRequests, sourceEntries } from '../sources/index.ts'
import type { StartContext } from './context.ts'
import { hookAuthorizer } from './hook-credentials.ts'
import { hookGuard, hookMessageOptions } from './hook-options.ts'
import type { StartedJournal } from './journal.ts'
import type { Telemetry } from './telemetry.ts'

/** Milliseconds for what is being sent when the service stops. */
const STOP_DEADLINE = 2_000

/** Starts to send events to the configured hooks, while this replica is the leader. */
export function startHooks(
  { config, env, log, cleanUps }: StartContext,
  { journal: { journal, lease, clock }, telemetry: { metrics } }: { journal: StartedJournal; telemetry: Telemetry },
): void {
  const options = hookMessageOptions(config, env)
  const sources = sourceEntries(config.sources)
  const sender = createHookSender({
    hooks: config.hooks,
    outbox: journal,
    client: createOutboundClient({ guard: hookGuard(config.hooks.map(({ url }) => url)), clock }),
    authorize: hookAuthorizer(config.hooks, secretReader(env)),
    lease,
    messageOf(event) {
      const { endpoint, loss, firstFailureAt, sources: names } = event.incident
      const facts = config.endpoints.find(({ name }) => name === endpoint)
      return hookMessage(
        event,
        {
          event: facts?.event ?? '',
          team: facts?.team ?? '',
          severity: facts?.severity ?? unconfiguredSeverity(config),
          recoveryRequests: recoveryRequests(sources, names, { event: facts?.event ?? '', loss, firstFailureAt }),
        },
        options,
      )
    },
    metrics,
    log,
    clock,
  })
  metrics.observe({ hooks: sender.oldestPending })
  cleanUps.push('hooks', (deadline) => sender.stop(Math.min(deadline, STOP_DEADLINE)))
  sender.start()
}

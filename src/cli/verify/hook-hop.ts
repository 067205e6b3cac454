import { randomUUID } from 'node:crypto'
import { hookAuthorizer } from '../../app/hook-credentials.ts'
import { hookGuard, hookMessageOptions } from '../../app/hook-options.ts'
import type { Env } from '../../config/config.ts'
import { testMessage } from '../../domain/incident/hook-message.ts'
import { createOutboundClient } from '../../outbound/client.ts'
import { secretReader } from '../../probe/secrets.ts'
import { attemptHook } from '../../service/hook-attempt.ts'
import { loadChecked } from '../environment.ts'
import { UsageError } from '../usage.ts'
import { type Hop, HopError } from './hop.ts'

/** One signed `webhook.test` to a configured hook, sent as the service would send an event. @throws UsageError, ConfigError */
export async function hookHop(name: string, env: Env): Promise<Hop> {
  const config = await loadChecked(env)
  const names = config.hooks.map((each) => each.name).join(', ')
  const hook = config.hooks.find((each) => each.name === name)
  if (!hook) throw new UsageError(`--hook takes the name of a configured hook (${names || 'none is configured'})`)
  const client = createOutboundClient({ guard: hookGuard([hook.url]) })
  const authorize = hookAuthorizer(config.hooks, secretReader(env))
  return {
    name: `hook ${hook.name}`,
    async check() {
      const message = testMessage(hook.name, `test-${randomUUID()}`, Date.now(), hookMessageOptions(config, env))
      const { ok, detail } = await attemptHook({ client, authorize, clock: Date.now }, { hook, message })
      if (!ok)
        throw new HopError(
          detail,
          'the receiver must answer 2xx: compare hooks[].secret, hooks[].token and the URL on both sides',
        )
      return detail
    },
  }
}

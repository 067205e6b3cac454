import { randomUUID } from 'node:crypto'
import { hookAuthorizer } from '../app/hook-credentials.ts'
import { hookGuard, hookMessageOptions } from '../app/hook-options.ts'
import { stringify, visibleText } from '../domain/external-text.ts'
import { testMessage } from '../domain/hook-message.ts'
import { createOutboundClient } from '../outbound/client.ts'
import { secretReader } from '../probe/secrets.ts'
import { attemptHook } from '../service/hook-attempt.ts'
import type { Command } from './command.ts'
import { loadChecked } from './environment.ts'
import { parseOptions, UsageError } from './usage.ts'

/** Sends one signed `webhook.test` to a configured hook, as the service would send an event. Nothing is stored. */
export const hookTest: Command = {
  usage: 'hook-test NAME [--json]',
  summary: 'send a signed webhook.test to a configured hook',
  options: [['--json', 'print JSON']],
  examples: ['hook-test backfill'],
  exitCodes: '0 the receiver accepted it, 1 it did not, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(args, env) {
    const { values, positionals } = parseOptions(args, {
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    })
    const config = await loadChecked(env)
    const names = config.hooks.map(({ name }) => name).join(', ')
    const hook = config.hooks.find(({ name }) => name === positionals[0])
    if (positionals.length !== 1 || !hook)
      throw new UsageError(`hook-test takes the name of a configured hook (${names || 'none is configured'})`)
    const begun = performance.now()
    const { ok, detail, status } = await attemptHook(
      {
        client: createOutboundClient({ guard: hookGuard([hook.url]) }),
        authorize: hookAuthorizer(config.hooks, secretReader(env)),
        clock: Date.now,
      },
      { hook, message: testMessage(hook.name, `test-${randomUUID()}`, Date.now(), hookMessageOptions(config, env)) },
    )
    const milliseconds = Math.round(performance.now() - begun)
    process.stdout.write(
      values.json
        ? `${stringify({ ok, detail, status: status ?? null, milliseconds })}\n`
        : `${hook.name}: ${ok ? 'accepted' : 'failed'} after ${milliseconds} ms: ${visibleText(detail)}\n`,
    )
    return ok ? 0 : 1
  },
}

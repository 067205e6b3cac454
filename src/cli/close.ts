import { visibleText } from '../domain/external-text.ts'
import type { Command } from './command.ts'
import { EXIT_CODES, SERVICE, withService } from './recovery.ts'
import type { ShownIncident } from './recovery-client.ts'
import { parseOptions, UsageError } from './usage.ts'

/** Closes an incident of the running service, where recovery cannot be proven: its endpoint was retired, say. */
export const close: Command = {
  usage: 'close ENDPOINT --reason TEXT',
  summary: 'close the open incident of an endpoint manually',
  options: [['--reason TEXT', 'why, for later readers'], SERVICE],
  examples: ['close orders --reason "endpoint retired"'],
  exitCodes: EXIT_CODES,
  readsConfig: true,
  async run(args, env) {
    const { values, positionals } = parseOptions(args, {
      allowPositionals: true,
      options: { reason: { type: 'string' }, service: { type: 'string' } },
    })
    const [endpoint] = positionals
    const reason = String(values.reason ?? '').trim()
    if (positionals.length !== 1 || !endpoint) throw new UsageError('close takes the name of one endpoint')
    if (reason === '') throw new UsageError('close needs --reason TEXT')
    return withService(env, values.service, async (client) => {
      const query = new URLSearchParams({ state: 'open', limit: '1', endpoint })
      const { incidents } = (await client.request(`incidents?${query}`)) as { incidents: readonly ShownIncident[] }
      const [open] = incidents
      if (!open) throw new Error(`${endpoint} has no open incident`)
      await client.request(`incidents/${open.id}/resolve`, { reason })
      process.stdout.write(`${open.id}  ${visibleText(endpoint)}  closed manually: ${visibleText(reason)}\n`)
    })
  },
}

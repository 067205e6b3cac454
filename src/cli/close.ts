import { visibleText } from '../domain/text/external-text.ts'
import { command, text } from './command.ts'
import { EXIT_CODES, SERVICE_OPTION, type ShownIncident, withService } from './service-client.ts'
import { UsageError } from './usage.ts'

/** Closes an incident of the running service, where recovery cannot be proven: its endpoint was retired, say. */
export const close = command({
  usage: 'close ENDPOINT --reason TEXT',
  summary: 'close the open incident of an endpoint manually',
  options: { reason: text('--reason TEXT', 'why, for later readers'), service: SERVICE_OPTION },
  allowPositionals: true,
  examples: ['close orders --reason "endpoint retired"'],
  exitCodes: EXIT_CODES,
  readsConfig: true,
  async run({ values, positionals }, env) {
    const [endpoint] = positionals
    const reason = (values.reason ?? '').trim()
    if (positionals.length !== 1 || !endpoint) throw new UsageError('close takes the name of one endpoint')
    if (reason === '') throw new UsageError('close needs --reason TEXT')
    return withService(env, values.service, async (client) => {
      const query = new URLSearchParams({ state: 'open', limit: '1', endpoint })
      const { incidents } = (await client.request(`incidents?${query}`)) as { incidents: readonly ShownIncident[] }
      const [open] = incidents
      if (!open) throw new Error(`${endpoint} has no open incident`)
      await client.request(`incidents/${open.id}/resolve`, { reason })
      return `${open.id}  ${visibleText(endpoint)}  closed manually: ${visibleText(reason)}\n`
    })
  },
})

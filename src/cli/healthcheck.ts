import { loadConfig } from '../config/config.ts'
import { command } from './command.ts'
import { complain } from './complain.ts'
import { localOrigin } from './local-origin.ts'

/** Asks the service in this container for its health; for HEALTHCHECK in an image that has no shell and no curl. */
export const healthcheck = command({
  usage: 'healthcheck',
  summary: 'ask the running service for its health',
  examples: ['healthcheck'],
  exitCodes: '0 healthy, 1 not healthy, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(_, env) {
    const url = `${localOrigin((await loadConfig(env)).admin)}/healthz`
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(3_000) })
      if (response.ok) return 0
      complain(`${url} answered ${response.status}`)
    } catch (error) {
      complain(`${url} does not answer: ${((error as Error).cause as Error | undefined)?.message ?? error}`)
    }
    return 1
  },
})

import { type Env, loadConfig } from '../config/config.ts'
import type { Command } from './command.ts'
import { complain } from './complain.ts'
import { parseOptions } from './usage.ts'

/** Asks the service in this container for its health; for HEALTHCHECK in an image that has no shell and no curl. */
export const healthcheck: Command = {
  usage: 'healthcheck',
  summary: 'ask the running service for its health',
  examples: ['healthcheck'],
  exitCodes: '0 healthy, 1 not healthy, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(args, env) {
    parseOptions(args, { options: {} })
    const url = `${await adminOrigin(env)}/healthz`
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(3_000) })
      if (response.ok) return 0
      complain(`${url} answered ${response.status}`)
    } catch (error) {
      complain(`${url} does not answer: ${((error as Error).cause as Error | undefined)?.message ?? error}`)
    }
    return 1
  },
}

/** Where the admin listener can be reached from its own machine. */
async function adminOrigin(env: Env): Promise<string> {
  const { host, port } = (await loadConfig(env)).admin
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

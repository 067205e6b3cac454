import { changeTokenFile } from '../app/change-token.ts'
import { type Env, loadConfig } from '../config/config.ts'
import { AppError } from '../errors.ts'
import { secretReader } from '../probe/secrets.ts'
import { text } from './command.ts'
import { complain } from './complain.ts'
import { localOrigin } from './local-origin.ts'
import { UsageError } from './usage.ts'

export const SERVICE_OPTION = text(
  '--service URL',
  'admin listener of the service; by default that of the configuration, on this machine',
)
export const EXIT_CODES =
  '0 done, 1 the service refused it or does not answer, 2 the command line or the configuration is wrong.'

/** Milliseconds for one request to the running service. */
const TIMEOUT = 10_000

/** An incident, as far as these commands show it. */
export interface ShownIncident {
  readonly id: string
  readonly endpoint: string
  readonly closedAt: string | null
  readonly failures: number
  readonly recovery: {
    readonly status: string
    readonly task: string | null
    readonly restored: number | null
    readonly detail: string | null
  } | null
}

/** Requests to the API of the running service. */
export interface ServiceClient {
  /** @returns the parsed answer. @throws Error with what the service or the network says */
  request(path: string, body?: object): Promise<unknown>
}

/**
 * @param service its admin listener; by default the one that the configuration names, on this machine
 * @throws UsageError, ConfigError
 */
async function serviceClient(env: Env, service: string | undefined): Promise<ServiceClient> {
  const config = await loadConfig(env)
  const { admin, recovery } = config
  const base = service ?? localOrigin(admin)
  if (!URL.canParse(base)) throw new UsageError('--service takes the URL of the admin listener')
  // Reading needs the API's token; the other one suffices for the rest.
  const file = changeTokenFile(config)
  const ref = admin.apiToken ?? recovery.token ?? (file === undefined ? undefined : { file })
  const token = ref && (await secretReader(env)(ref).catch(() => undefined))
  return {
    async request(path, body) {
      const response = await fetch(`${base.replace(/\/+$/, '')}/api/v1/${path}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          Accept: 'application/json',
          ...(token && { Authorization: `Bearer ${token.split(/\s/)[0]}` }),
          ...(body && { 'Content-Type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT),
      }).catch((error: Error) => {
        throw new Error(`${base} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`)
      })
      const answer = (await response.json().catch(() => ({}))) as { detail?: string }
      if (!response.ok) throw new Error(`${base} answered ${response.status}: ${answer.detail ?? 'no detail'}`)
      return answer
    },
  }
}

/** Runs requests to the service, and prints what `work` returns, or what the service or the network says. @returns the exit code */
export async function withService(
  env: Env,
  service: string | undefined,
  work: (client: ServiceClient) => Promise<string>,
): Promise<number> {
  const client = await serviceClient(env, service)
  try {
    process.stdout.write(await work(client))
    return 0
  } catch (error) {
    if (error instanceof AppError || !(error instanceof Error)) throw error
    complain(error.message)
    return 1
  }
}

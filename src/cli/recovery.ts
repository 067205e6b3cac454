import { stringify, visibleText } from '../domain/external-text.ts'
import { AppError } from '../errors.ts'
import type { Command } from './command.ts'
import { complain } from './complain.ts'
import { type RecoveryClient, recoveryClient, type ShownIncident } from './recovery-client.ts'
import { parseOptions, UsageError } from './usage.ts'

export const SERVICE = [
  '--service URL',
  'admin listener of the service; by default that of the configuration, on this machine',
] as const
const JSON_FLAG = ['--json', 'print JSON'] as const
export const EXIT_CODES =
  '0 done, 1 the service refused it or does not answer, 2 the command line or the configuration is wrong.'

/** Lists incidents with unrestored losses. */
export const recoveryList: Command = {
  usage: 'recovery list [--all] [--json]',
  summary: 'list incidents whose recovery is not finished',
  options: [['--all', 'also those that are finished'], JSON_FLAG, SERVICE],
  examples: ['recovery list', 'recovery list --all --json'],
  exitCodes: EXIT_CODES,
  readsConfig: true,
  async run(args, env) {
    const { values } = parseOptions(args, {
      options: {
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        service: { type: 'string' },
      },
    })
    return withService(env, values.service, async (client) => {
      const filters = values.all ? ['unfinished', 'finished'] : ['unfinished']
      const incidents = (await Promise.all(filters.map((filter) => all(client, filter)))).flat()
      if (values.json) process.stdout.write(incidents.map((incident) => `${stringify(incident)}\n`).join(''))
      else process.stdout.write(incidents.length === 0 ? 'no recovery is open\n' : incidents.map(line).join(''))
    })
  },
}

/** Asks for the recovery of an incident; hooks are sent `recovery.requested`. */
export const recoveryRequest: Command = {
  usage: 'recovery request ID [--reason TEXT]',
  summary: 'request the recovery of a closed incident',
  options: [['--reason TEXT', 'for later readers'], SERVICE],
  examples: ['recovery request 019f0000-0000-7000-8000-000000000001'],
  exitCodes: EXIT_CODES,
  readsConfig: true,
  async run(args, env) {
    const { values, positionals } = parseOptions(args, {
      allowPositionals: true,
      options: { reason: { type: 'string' }, service: { type: 'string' } },
    })
    const id = idOf(positionals)
    return withService(env, values.service, async (client) => {
      const body = values.reason === undefined ? {} : { reason: values.reason }
      process.stdout.write(line((await client.request(`incidents/${id}/recover`, body)) as ShownIncident))
    })
  },
}

/** Records that a recovery was done manually. */
export const recoveryDone: Command = {
  usage: 'recovery done ID [--restored N] [--detail TEXT] [--task NAME]',
  summary: 'record that an incident was recovered manually',
  options: [
    ['--restored N', 'how many deliveries were restored'],
    ['--detail TEXT', 'for later readers'],
    ['--task NAME', 'name of the task (manual)'],
    SERVICE,
  ],
  examples: ['recovery done 019f0000-0000-7000-8000-000000000001 --restored 12'],
  exitCodes: EXIT_CODES,
  readsConfig: true,
  async run(args, env) {
    const { values, positionals } = parseOptions(args, {
      allowPositionals: true,
      options: {
        restored: { type: 'string' },
        detail: { type: 'string' },
        task: { type: 'string', default: 'manual' },
        service: { type: 'string' },
      },
    })
    const id = idOf(positionals)
    if (values.restored !== undefined && !/^\d{1,9}$/.test(String(values.restored)))
      throw new UsageError('--restored takes a number')
    return withService(env, values.service, async (client) => {
      const { closedAt } = (await client.request(`incidents/${id}`).catch(() => ({ closedAt: null }))) as ShownIncident
      const incident = await client.request(`incidents/${id}/recovery`, {
        // Each closing is noted once, and again after a reopening.
        task: `${values.task}${closedAt === null ? '' : `-${Date.parse(closedAt)}`}`,
        status: 'finished',
        restored: values.restored === undefined ? null : Number(values.restored),
        ...(values.detail !== undefined && { detail: values.detail }),
        ...(closedAt !== null && { closedAt }),
      })
      process.stdout.write(line(incident as ShownIncident))
    })
  },
}

/** Runs requests to the service, and says what it or the network answers. @returns the exit code */
export async function withService(
  env: Parameters<Command['run']>[1],
  service: string | boolean | undefined,
  work: (client: RecoveryClient) => Promise<void>,
): Promise<number> {
  const client = await recoveryClient(env, service === undefined ? undefined : String(service))
  try {
    await work(client)
    return 0
  } catch (error) {
    if (error instanceof AppError || !(error instanceof Error)) throw error
    complain(error.message)
    return 1
  }
}

async function all(client: RecoveryClient, recovery: string): Promise<ShownIncident[]> {
  const found: ShownIncident[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ recovery, ...(cursor !== '' && { cursor }) })
    const page = (await client.request(`incidents?${query}`)) as { incidents: ShownIncident[]; next: string | null }
    found.push(...page.incidents)
    cursor = page.next
  }
  return found
}

function idOf(positionals: readonly string[]): string {
  const [id] = positionals
  if (positionals.length !== 1 || !/^[0-9a-f-]{36}$/i.test(id!)) throw new UsageError('give the id of one incident')
  return id!
}

function line({ id, endpoint, closedAt, failures, recovery }: ShownIncident): string {
  const { status = 'none', task = null, restored = null, detail = null } = recovery ?? {}
  const more = [
    ...(restored === null ? [] : [`${restored} restored`]),
    ...(task === null ? [] : [`task ${visibleText(task)}`]),
    ...(detail === null ? [] : [visibleText(detail, 200)]),
  ]
  return `${id}  ${status.padEnd(10)}  ${visibleText(endpoint)}  closed ${closedAt ?? '-'}, ${failures} failures${more.length > 0 ? `; ${more.join('; ')}` : ''}\n`
}

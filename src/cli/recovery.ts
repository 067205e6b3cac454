import { stringify, visibleText } from '../domain/text/external-text.ts'
import { command, flag, text } from './command.ts'
import { EXIT_CODES, SERVICE_OPTION, type ServiceClient, type ShownIncident, withService } from './service-client.ts'
import { UsageError } from './usage.ts'

/** Each verb with its own options. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  list: ['all', 'json'],
  request: ['reason'],
  done: ['restored', 'detail', 'task'],
}

/** What was lost in incidents, and whether it was restored. */
export const recovery = command({
  usage: 'recovery list | request ID | done ID',
  summary: 'list unfinished recoveries, request one, record that one was done manually',
  options: {
    all: flag('--all', 'list: also those that are finished'),
    json: flag('--json', 'list: print JSON'),
    reason: text('--reason TEXT', 'request: for later readers; hooks are sent recovery.requested'),
    restored: text('--restored N', 'done: how many deliveries were restored'),
    detail: text('--detail TEXT', 'done: for later readers'),
    task: text('--task NAME', 'done: name of the task (manual)'),
    service: SERVICE_OPTION,
  },
  allowPositionals: true,
  examples: ['recovery list --all --json', 'recovery request INCIDENT', 'recovery done INCIDENT --restored 12'],
  exitCodes: EXIT_CODES,
  readsConfig: true,
  async run({ values, positionals }, env) {
    const [verb = '', id = '', ...more] = positionals
    const own = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (!own) throw new UsageError(`recovery takes one of ${Object.keys(VERBS).join(', ')}`)
    const other = Object.keys(values).find((name) => name !== 'service' && !own.includes(name))
    if (other) throw new UsageError(`recovery ${verb} takes no --${other}`)
    const isId = /^[0-9a-f-]{36}$/i.test(id)
    if (more.length > 0 || (verb === 'list' ? id !== '' : !isId))
      throw new UsageError(`recovery ${verb} takes ${verb === 'list' ? 'options only' : 'the id of one incident'}`)
    const { restored, reason, detail, task = 'manual' } = values
    if (restored !== undefined && !/^\d{1,9}$/.test(restored)) throw new UsageError('--restored takes a number')
    return withService(env, values.service, async ({ request }) => {
      if (verb === 'list') {
        const filters = values.all ? ['unfinished', 'finished'] : ['unfinished']
        const incidents = (await Promise.all(filters.map((filter) => pages(request, filter)))).flat()
        if (values.json) return incidents.map((incident) => `${stringify(incident)}\n`).join('')
        return incidents.length === 0 ? 'no recovery is open\n' : incidents.map(line).join('')
      }
      if (verb === 'request') return line((await request(`incidents/${id}/recover`, { reason })) as ShownIncident)
      const { closedAt } = (await request(`incidents/${id}`).catch(() => ({ closedAt: null }))) as ShownIncident
      // Each closing is noted once, and again after a reopening.
      const closing = closedAt === null ? { task } : { task: `${task}-${Date.parse(closedAt)}`, closedAt }
      const body = {
        ...closing,
        status: 'finished',
        restored: restored === undefined ? null : Number(restored),
        detail,
      }
      return line((await request(`incidents/${id}/recovery`, body)) as ShownIncident)
    })
  },
})

async function pages(request: ServiceClient['request'], recovery: string): Promise<ShownIncident[]> {
  const found: ShownIncident[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ recovery, ...(cursor !== '' && { cursor }) })
    const page = (await request(`incidents?${query}`)) as { incidents: ShownIncident[]; next: string | null }
    found.push(...page.incidents)
    cursor = page.next
  }
  return found
}

function line({ id, endpoint, closedAt, failures, recovery }: ShownIncident): string {
  const { status = 'none', task = null, restored = null, detail = null } = recovery ?? {}
  const more = [restored === null ? '' : `${restored} restored`, task && `task ${visibleText(task)}`]
  const all = [...more, detail !== null && visibleText(detail, 200)].filter((text) => text)
  const rest = all.length > 0 ? `; ${all.join('; ')}` : ''
  return `${id}  ${status.padEnd(10)}  ${visibleText(endpoint)}  closed ${closedAt ?? '-'}, ${failures} failures${rest}\n`
}

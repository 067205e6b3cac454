import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'

const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks')
export const ALERTS = alertsOf(GROUPS).map(({ alert }) => alert)

/** A shell block of a runbook, as it stands there. */
export interface Block {
  readonly alert: string
  readonly code: string
  /** Of the set-up, which defines what the others use. */
  readonly isSetup: boolean
}

/** All shell blocks of a page. */
export function blocksOf(alert: string): Block[] {
  const [steps = '', setup = ''] = readFileSync(join(RUNBOOKS, `${alert}.md`), 'utf8').split('\n## Set-up\n')
  return [steps, setup].flatMap((part, index) =>
    [...part.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => ({
      alert,
      code: code!.replaceAll(/^ {3}/gm, '').trim(),
      isSetup: index === 1,
    })),
  )
}

/** Where a block runs: against the service, in a cluster, on the receiver's host, or with access to the endpoint's network. */
export function placeOf({ code }: Block): 'service' | 'cluster' | 'host' | 'network' {
  if (/^kubectl |\bkubectl --namespace/m.test(code)) return 'cluster'
  if (/^(journalctl|systemctl)/m.test(code)) return 'host'
  return /openssl s_client/.test(code) ? 'network' : 'service'
}

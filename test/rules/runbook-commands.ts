import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'

const ROOT = join(import.meta.dirname, '../..')
const RUNBOOKS = join(ROOT, 'docs/runbooks')
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

/** The blocks of all runbooks. */
export const blocks = ALERTS.flatMap(blocksOf)
export const unique = (list: readonly Block[]): string[] => [...new Set(list.map(({ code }) => code))]
/** Why a command is not run here; undefined if it is. */
export function reasonNotToRun(block: Block): string | undefined {
  if (placeOf(block) === 'host') return 'needs systemd on the receiver’s host'
  if (placeOf(block) === 'network') return 'needs the endpoint’s network'
  if (/probe https:/.test(block.code)) return 'needs a public host'
  if (block.code.includes('recover-retm')) return 'needs the platform’s API; test/recovery runs it'
  return undefined
}

export interface Ran {
  readonly code: number | null
  readonly output: string
}

/** Runs a script to its end, with the output of both streams. */
export function bash(script: string, env: Record<string, string>, cwd = ROOT): Promise<Ran> {
  const child = spawn('bash', ['-o', 'pipefail', '-c', script], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, output })))
}

/** The commands of the program, and the searches of its log: the same in each form of the receiver. */
export const isOfForm = ({ code, isSetup }: Block): boolean => !isSetup && /^(exporter|logs) /m.test(code)

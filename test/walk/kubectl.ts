import { spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { tempFolder } from '../support/temp.ts'

/**
 * What the walk's commands ask of kubectl, for a cluster that is this machine: `port-forward service/NAME LOCAL[:REMOTE]`
 * to the service's admin port, and `exec service/NAME … -- /nodejs/bin/node /app/src/main.ts …`, run in this checkout.
 * Whatever else is asked is refused, with what was asked.
 */
const MAIN = join(import.meta.dirname, '../../src/main.ts')

export interface Cluster {
  readonly namespace: string
  /** Names of Services and their ports, as the chart renders them. */
  readonly services: Readonly<Record<string, readonly number[]>>
  /** Where the admin listener really is. */
  readonly port: number
  /** The container's environment. */
  readonly env: Readonly<Record<string, string>>
}

/** A folder with a `kubectl`, and the PATH that begins with it. */
export function installKubectl(cluster: Cluster): string {
  const folder = tempFolder()
  const file = join(folder, 'kubectl')
  const facts = join(folder, 'cluster.json')
  writeFileSync(facts, JSON.stringify(cluster))
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${import.meta.filename}' '${facts}' "$@"\n`)
  chmodSync(file, 0o755)
  return `${folder}${delimiter}${process.env['PATH']}`
}

async function main([facts, ...args]: readonly string[]): Promise<void> {
  const { namespace, services, port, env: own } = (await import(facts!, { with: { type: 'json' } })).default as Cluster
  const [flag, space, verb, target, ...rest] = args
  const name = /^service\/(.+)$/.exec(target ?? '')?.[1] ?? ''
  if (flag !== '--namespace' || space !== namespace || !services[name]) return refuse(args)
  const [local, remote = local] = (rest[0] ?? '').split(':').map(Number)
  if (verb === 'port-forward' && rest.length === 1 && services[name].includes(remote!)) {
    const server = createServer((socket) => {
      const onward = connect(port, '127.0.0.1')
      socket.on('error', () => onward.destroy())
      onward.on('error', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    })
    server.on('error', (error) => refuse([error.message]))
    server.listen(local, '127.0.0.1', () => console.log(`Forwarding from 127.0.0.1:${local} -> ${remote}`))
    return
  }
  const [container, value, dashes, node, main, ...command] = rest
  const known = container === '--container' && value === 'webhook-error-exporter' && dashes === '--'
  if (verb !== 'exec' || !known || node !== '/nodejs/bin/node' || main !== '/app/src/main.ts') return refuse(args)
  const child = spawn(process.execPath, [MAIN, ...command], {
    stdio: 'inherit',
    env: { ...process.env, ...own },
  })
  child.on('close', (code) => process.exit(code ?? 1))
}

function refuse(what: readonly string[]): void {
  console.error(`error: this cluster does not know ${what.join(' ')}`)
  process.exit(64)
}

if (import.meta.main) await main(process.argv.slice(2))

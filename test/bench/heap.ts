import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { otherCheckout, SERVICE, type Side, start } from './sides.ts'

/**
 * `npm run bench:heap -- [FOLDER …]`: the ten largest groups of the main thread's heap at rest, of this checkout and of
 * others: from a heap snapshot after the memory of the start has been released.
 */
const ROWS = 10
/** Milliseconds after which a process at rest has released what only its start needed. */
const SETTLED = 3_000

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] }
  }
  readonly nodes: readonly number[]
  readonly strings: readonly string[]
}

async function snapshotOf(side: Side): Promise<Snapshot> {
  const folder = tempFolder()
  const flags = `node --heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${folder}`
  const command = side.command.replace(/\bnode(?= --)/, flags)
  // The second start finds the compile cache.
  for (const round of ['first', 'second']) {
    const running = await start({ ...side, command })
    try {
      if (round === 'first') continue
      await sleep(SETTLED)
      running.signal('SIGUSR2')
      const text = await until('the snapshot', () => {
        const [file] = readdirSync(folder)
        const content = file && readFileSync(join(folder, file), 'utf8')
        return content?.trimEnd().endsWith('}') ? content : undefined
      })
      return JSON.parse(text)
    } finally {
      await running.stop()
    }
  }
  throw new Error('there was no second start')
}

/** Bytes by kind of node; objects by their constructor. */
function groups({ snapshot: { meta }, nodes, strings }: Snapshot): [name: string, bytes: number][] {
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => meta.node_fields.indexOf(field)) as [
    number,
    number,
    number,
  ]
  const sums = new Map<string, number>()
  for (let at = 0; at < nodes.length; at += meta.node_fields.length) {
    const kind = meta.node_types[0][nodes[at + type]!]!
    const group = kind === 'object' || kind === 'native' ? `${kind} ${strings[nodes[at + name]!]}` : kind
    sums.set(group, (sums.get(group) ?? 0) + nodes[at + size]!)
  }
  return [...sums].sort(([, a], [, b]) => b - a)
}

for (const side of [...process.argv.slice(2).map(otherCheckout), SERVICE]) {
  const all = groups(await snapshotOf(side))
  const total = all.reduce((sum, [, bytes]) => sum + bytes, 0)
  console.log(`${side.name}: heap of the main thread at rest, ${(total / 2 ** 20).toFixed(1)} MiB`)
  for (const [name, bytes] of all.slice(0, ROWS)) console.log(`  ${name.padEnd(40)}${Math.round(bytes / 1_024)} KiB`)
}
removeTempFolders()

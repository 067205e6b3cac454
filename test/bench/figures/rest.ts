import { setTimeout as sleep } from 'node:timers/promises'
import { tempFolder } from '../../support/temp.ts'
import type { Figure, Rows } from '../figure.ts'
import { BARE, type Running, type Side, start } from '../sides.ts'
import { stripped } from '../stripped.ts'

/** Milliseconds after which a process at rest has released what only its start needed. */
const SETTLED = 3_000

export const rest: Figure = {
  name: 'rest',
  about: 'memory and start of a process without work; cold: JavaScript with an empty compile cache',
  async measure(side: Side): Promise<Rows> {
    const warm = await atRest(await start(side))
    const cold = await atFirst(stripped(side))
    const rows = {
      'resident at rest, MiB': warm.memory,
      'the same after a cold start, MiB': cold.memory,
      'start to ready, ms': warm.ready,
      'the same cold, ms': cold.ready,
    }
    if (side === BARE) return rows
    const typescript = await atFirst(side)
    return { ...rows, 'cold as TypeScript, MiB': typescript.memory, 'cold as TypeScript, ms': typescript.ready }
  },
}

/** A start with an empty compile cache. */
async function atFirst(side: Side): Promise<{ memory: number; ready: number }> {
  const folder = tempFolder()
  // The start script names the cache, so that the environment alone would not empty it.
  const command = side.command.replace(/NODE_COMPILE_CACHE=\S+/, `NODE_COMPILE_CACHE=${folder}`)
  return atRest(await start({ ...side, command }, { env: { NODE_COMPILE_CACHE: folder } }))
}

async function atRest(running: Running): Promise<{ memory: number; ready: number }> {
  try {
    await sleep(SETTLED)
    return { memory: running.memory(), ready: running.ready }
  } finally {
    await running.stop()
  }
}

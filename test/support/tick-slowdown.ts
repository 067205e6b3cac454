import { setImmediate as turn } from 'node:timers/promises'
import { releaseMemoryWhenIdle } from '../../src/idle-memory.ts'

/**
 * Prints how many times as long `process.nextTick` takes after full collections, when nothing else used it meanwhile.
 * With the argument `kept`, after `releaseMemoryWhenIdle` was called. Needs `--expose-gc`.
 */
if (process.argv[2] === 'kept') releaseMemoryWhenIdle()
await turn()
const before = await tickTime()
for (let collection = 0; collection < 6; collection++) {
  globalThis.gc!({ type: 'major', execution: 'sync', flavor: 'last-resort' } as Parameters<NodeJS.GCFunction>[0])
  await turn()
}
console.log((await tickTime()) / before)
process.exit()

/** Nanoseconds per call, in the fastest of some loops. */
async function tickTime(): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let loop = 0; loop < 20; loop++) {
    const begin = process.hrtime.bigint()
    await new Promise<void>((done) => {
      let left = 20_000
      const tick = (value: number) => (--left > 0 ? process.nextTick(tick, value) : done())
      process.nextTick(tick, 1)
    })
    best = Math.min(best, Number(process.hrtime.bigint() - begin) / 20_000)
  }
  return best
}

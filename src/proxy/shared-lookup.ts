import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

type Callback = Parameters<LookupFunction>[2]

/** Look-ups of one name at a time. */
const MOST = 3
/** Milliseconds after which another one is started beside one that hangs. */
const HANGING = 1_000

/**
 * Looks a name up for all connections that wait for it. While its name server is silent, each look-up occupies a thread of
 * libuv's pool; one per delivery would hold up the deliveries to applications with other names.
 * @returns for one name, and always the same options
 */
export function createSharedLookup(): LookupFunction {
  let waiting: Callback[] = []
  let running = 0
  let lastStart = Number.NEGATIVE_INFINITY

  return (hostname, options, callback) => {
    waiting.push(callback)
    const now = performance.now()
    if (running >= MOST || (running > 0 && now - lastStart < HANGING)) return
    running += 1
    lastStart = now
    lookup(
      hostname,
      options,
      (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => {
        running -= 1
        const all = waiting
        waiting = []
        for (const answer of all) answer(error, address, family)
      },
    )
  }
}

import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Connections } from './connections.ts'

/** Milliseconds: a turn of the event loop that is shorter has hardly had anything to do. */
const SHORT_TURN = 0.1
const MAX_TURNS = 200

/**
 * Stops a server, whose answers say `Connection: close` by now, without losing requests. It stops listening: a proxy that is
 * refused tries another receiver. For `grace` milliseconds proxies may go on using the connections that they have, and
 * give them up themselves at the next answer: they do not repeat a POST that meets the end of one. Then it ends
 * those that are still idle, waits for the requests in flight, and cuts what is left after `deadline`.
 */
export async function drain(
  server: Server,
  connections: Connections,
  { grace, deadline }: { grace: number; deadline: number },
): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), deadline)
  await acceptWaiting()
  // The HTTP server's own `close` would destroy idle connections, and with them requests that it has not read.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  const patience = new AbortController()
  await Promise.race([closed, sleep(Math.min(grace, deadline), undefined, { signal: patience.signal })])
  patience.abort()
  connections.endIdle()
  await closed
  clearTimeout(cut)
}

/**
 * Closing a listening socket resets the connections that wait to be accepted, with the requests they carry. Every turn of
 * the event loop accepts them all, so the end of a short turn is the moment at which fewest can have come since.
 */
async function acceptWaiting(): Promise<void> {
  await nextTurn()
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const started = performance.now()
    await nextTurn()
    if (performance.now() - started < SHORT_TURN) return
  }
}

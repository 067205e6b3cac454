import type { Socket } from 'node:net'
import type { Middleware } from 'koa'
import type { Log } from '../../domain/ports/telemetry.ts'
import { AppError } from '../../errors.ts'

/** Lists of one kind that may be answered at once: their pages and garbage decide the memory that hostile readers take. */
export const MAX_READERS = 2
/** Pages that may be answered at once, all together. They are small, and a few people may have several open that refresh. */
export const MAX_PAGES = 16
/** Scrapes that may be answered at once: room for Prometheus beside a few stalled ones. */
export const MAX_SCRAPES = 4
/** Milliseconds in which a reader that has something to read must take some of it. */
const STALL_TIMEOUT = 10_000

/** Refuses a request while `max` others of the same route are being answered, so that readers cannot exhaust the memory. */
export function limitInFlight(max: number): Middleware {
  let inFlight = 0
  return async (ctx, next) => {
    if (inFlight >= max) {
      throw new AppError('too_many_requests', `this path answers ${max} requests at a time; try again`, {
        retryAfter: 1,
      })
    }
    inFlight++
    const { res } = ctx
    const { socket } = ctx.req
    let isReleased = false
    // When the connection closes, both events come, and the second even if its listener was just removed.
    const release = () => {
      res.off('close', release)
      socket.off('close', release)
      if (!isReleased) inFlight--
      isReleased = true
    }
    // A pipelined request whose turn has not come does not learn that its connection has closed.
    res.once('close', release)
    socket.once('close', release)
    if (socket.destroyed) release()
    await next()
  }
}

/** Closes the connection of a reader that has taken nothing for `STALL_TIMEOUT` although there is something to read. */
export function closeStalled(log: Pick<Log, 'warn'>): Middleware {
  return async (ctx, next) => {
    const { res, path } = ctx
    res.on('timeout', (socket: Socket) => {
      if (socket.writableLength === 0) {
        // Our turn: the journal is still being read.
        socket.setTimeout(STALL_TIMEOUT)
        return
      }
      log.warn({ path }, `reader stalled for ${STALL_TIMEOUT / 1_000} s, connection closed`)
      socket.destroy()
    })
    await next()
    res.setTimeout(STALL_TIMEOUT)
  }
}

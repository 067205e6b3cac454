import type { IncomingMessage } from 'node:http'

/** Milliseconds for which the rest of a request is still read and discarded once it has been answered. */
export const LINGER = 2_000

/**
 * Call it before the last part of an answer. While the request is still arriving, the end of the answer then ends only our
 * side of the connection: Node.js would destroy it, and the reset could overtake the answer (RFC 9112 section 9.6).
 */
export function lingerAfterAnswer({ complete, socket }: IncomingMessage): void {
  if (complete) return
  socket.destroySoon = () => {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), LINGER)
    socket.once('close', () => clearTimeout(timer))
  }
}

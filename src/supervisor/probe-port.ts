import { createServer, type Socket } from 'node:net'
import type { SupervisorLog } from './log.ts'

const BODY = '{"status":"ok"}\n'
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`
/** Milliseconds. */
const IDLE = 2_000
const BIND_AGAIN = 5_000
/** Beyond this the longest-open connection is closed, so that silent ones cannot keep out the kubelet. */
const MOST_CONNECTIONS = 50

/**
 * Answers the kubelet's liveness probe for the supervisor alone: whatever happens to the service must not make the kubelet
 * restart the container. Every request gets the same 200, which says nothing about the service, so it may listen on every
 * address. `node:http` would double the process's memory. A port in use never ends the supervisor: it tries again.
 */
export function openProbePort(port: number, log: SupervisorLog): void {
  const sockets = new Set<Socket>()
  let reported = ''
  const server = createServer({ noDelay: true }, (socket) => {
    for (const oldest of sockets) {
      if (sockets.size < MOST_CONNECTIONS) break
      sockets.delete(oldest)
      oldest.destroy()
    }
    sockets.add(socket)
    socket.setTimeout(IDLE, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    // Not before the request has come: closing with unread bytes resets the connection, and the answer could be lost.
    socket.once('data', () => {
      socket.resume()
      socket.end(ANSWER)
    })
  })
  const listen = () => server.listen(port)
  server.on('listening', () => {
    reported = ''
    log.info({ ...(server.address() as object), listener: 'liveness' }, 'listening')
  })
  server.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (reported !== code)
      log.error({ port, code }, 'cannot listen for the liveness probe; the kubelet will restart the container')
    reported = code ?? ''
    setTimeout(listen, BIND_AGAIN)
  })
  listen()
}

import { connect, type Socket } from 'node:net'

const CANCEL_REQUEST = 80_877_102

/**
 * Asks the server to stop what a connection was doing (protocol, section 54.2.9): a process that waits for a standby
 * would otherwise keep its locks and its slot among `max_connections` permanently. Nothing waits for the outcome.
 */
export function cancelStatement(
  { host, port }: { readonly host: string; readonly port: number },
  { processID, secretKey }: { readonly processID: number; readonly secretKey: number },
): void {
  const socket: Socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  const request = Buffer.alloc(16)
  for (const [index, word] of [16, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(word, index * 4)
  socket.setTimeout(2_000, () => socket.destroy())
  socket.on('error', () => {})
  socket.end(request)
  socket.unref()
}

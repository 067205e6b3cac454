import { connect, type Socket } from 'node:net'
import { REPORT } from './http.ts'
import { until } from './temp.ts'

const BODY = JSON.stringify(REPORT)
/** A report as bytes, for a connection that is used again. */
export const POST = `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`

/** One connection, as a proxy keeps it: it stays half open when the other side ends it. */
export interface KeptConnection {
  readonly socket: Socket
  /** Status codes so far, and all that was received. */
  statuses(): number[]
  text(): string
  /** Whether the other side has ended or reset it. */
  ended(): boolean
  /** Sends a request, a report unless written, and waits for its answer. */
  request(bytes?: string): Promise<void>
}

export async function keepConnection(origin: string): Promise<KeptConnection> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
  let text = ''
  let ended = false
  const end = () => {
    ended = true
  }
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('end', end).on('close', end).on('error', end)
  await until('the connection', () => !socket.connecting)
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
  return {
    socket,
    statuses,
    text: () => text,
    ended: () => ended,
    async request(bytes = POST) {
      const expected = statuses().length + 1
      socket.write(bytes)
      await until('the answer', () => statuses().length >= expected)
    },
  }
}

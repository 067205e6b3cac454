import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Worker } from 'node:worker_threads'
import type { Certificate } from './certificates.ts'

/** A server of the test's, with its port and its end. */
export interface Listening {
  readonly port: number
  /** Connections accepted so far, and those still open. */
  readonly accepted: () => number
  readonly open: () => number
  close(): Promise<void>
}

export async function listening(server: Server, host = '127.0.0.1', port = 0): Promise<Listening> {
  const sockets = new Set<Socket>()
  let accepted = 0
  server.on('connection', (socket: Socket) => {
    accepted += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => sockets.size,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A server that does as it is told with each raw connection. */
export const raw = (behave: (socket: Socket) => void, host?: string): Promise<Listening> =>
  listening(createServer(behave), host)

/** The same behind TLS. */
export const rawTls = (
  certificate: Certificate & TlsOptions,
  behave: (socket: Socket) => void,
  host?: string,
  port?: number,
): Promise<Listening> =>
  listening(
    createTlsServer(certificate, (socket) => {
      socket.on('error', () => {})
      behave(socket)
    }),
    host,
    port,
  )

export const http = (answer: RequestListener, host?: string, port?: number): Promise<Listening> =>
  listening(createHttpServer(answer), host, port)

/**
 * A port that swallows connections: it listens, accepts none, and its queue is full, so that the kernel answers no further
 * SYN. The listener lives in a thread that sleeps.
 */
export async function blackHole(host = '127.0.0.1', wanted = 0): Promise<Listening> {
  const worker = new Worker(
    `const { createServer } = require('node:net'); const { parentPort } = require('node:worker_threads')
     const server = createServer().listen({ port: ${wanted}, host: '${host}', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
     })`,
    { eval: true },
  )
  const [port] = (await once(worker, 'message')) as [number]
  worker.unref()
  const fillers: Socket[] = []
  // Two in a row that wait: one alone may have been slow.
  for (let stuck = 0; stuck < 2 && fillers.length < 64; ) {
    const socket = connect(port, host)
    socket.on('error', () => {})
    fillers.push(socket)
    const full = await Promise.race([once(socket, 'connect').then(() => false), delay(500).then(() => true)])
    stuck = full ? stuck + 1 : 0
  }
  return {
    port,
    accepted: () => 0,
    open: () => 0,
    async close() {
      for (const socket of fillers) socket.destroy()
      await worker.terminate()
    },
  }
}

export const delay = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

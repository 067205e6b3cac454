import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import { join } from 'node:path'
import type { Fault } from './faults.ts'

/** Certificates ship with the program: their keys are public, so they prove nothing. */
const FOLDER = join(import.meta.dirname, 'certificates')
/** Signs the certificate with which the receiver answers while it works. */
export const CA_FILE = join(FOLDER, 'ca.pem')
const certificate = (name: string) => ({
  cert: readFileSync(join(FOLDER, `${name}.pem`)),
  key: readFileSync(join(FOLDER, `${name}.key.pem`)),
})

export interface ReceiverOptions {
  readonly host: string
  /** 0: any that is free; it stays the same for the receiver's life. */
  readonly port: number
  /** Milliseconds until `slow` answers. */
  readonly delay: number
  readonly fault: Fault
  /** A request arrived; its outcome is still open. */
  readonly onRequest?: (request: { readonly method: string; readonly path: string; readonly fault: Fault }) => void
}

/** A stand-in for an application that receives webhooks, with one fault at a time. */
export interface Receiver {
  readonly host: string
  readonly port: number
  readonly fault: Fault
  /** Requests that were answered 200. */
  readonly received: number
  /** Resolves once the fault is in place; connections that are open end. @throws what `listen` throws */
  setFault(fault: Fault): Promise<void>
  close(): Promise<void>
}

/** HTTP and HTTPS on one port: a TLS client begins with byte 22 (RFC 8446 section 5.1). @throws what `listen` throws */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { host, delay, onRequest } = options
  let { port, fault } = options
  let received = 0
  const sockets = new Set<Socket>()

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    request.resume()
    request.on('end', () => {
      onRequest?.({ method: request.method ?? '', path: request.url ?? '', fault })
      const ok = () => {
        received++
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":true}\n')
      }
      // Below TLS, too, which has no reset of its own.
      if (fault === 'reset') for (const socket of sockets) socket.resetAndDestroy()
      else if (fault === 'timeout') return
      else if (fault === 'slow') setTimeout(ok, delay).unref()
      else if (fault === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end()
      else if (fault === 'half-answer') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"received":', () => request.socket.destroy())
      } else if (/^\d+$/.test(fault))
        response.writeHead(Number(fault), { ...(fault === '429' && { 'retry-after': '30' }) }).end()
      else ok()
    })
  }
  const plain = createHttpServer(handle)
  const secure = { good: tls('good'), expired: tls('expired'), name: tls('other-name') }
  function tls(name: string): Server {
    return createTlsServer(certificate(name), handle).on('tlsClientError', () => {})
  }
  const front = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.once('readable', () => {
      const first: Buffer | null = socket.read()
      if (!first) return
      socket.unshift(first)
      const { good, expired, name } = secure
      const server = fault === 'tls-expired' ? expired : fault === 'tls-name' ? name : good
      ;(first[0] === 22 ? server : plain).emit('connection', socket)
    })
  })

  async function setFault(next: Fault): Promise<void> {
    fault = next
    for (const socket of sockets) socket.destroy()
    if (next === 'refused') await stopListening(front)
    else if (!front.listening) port = await listen(front, host, port)
  }
  port = await listen(front, host, port)
  await setFault(fault)
  return {
    host,
    get port() {
      return port
    },
    get fault() {
      return fault
    },
    get received() {
      return received
    },
    setFault,
    async close() {
      for (const socket of sockets) socket.destroy()
      await stopListening(front)
    },
  }
}

/** @returns the port. @throws what `listen` throws */
export const listen = (server: TcpServer, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

const stopListening = (server: TcpServer): Promise<void> =>
  new Promise((resolve) => (server.listening ? server.close(() => resolve()) : resolve()))

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Cause } from '../../src/domain/cause/cause.ts'
import type { ProbePhase, ProbeTarget } from '../../src/domain/verdict/probe.ts'
import { type Listening, raw } from './sockets.ts'

/** One real fault (or none) on real sockets, and the truth about it. */
export interface Scene {
  readonly name: string
  readonly url: string
  /** What the endpoint's configuration adds. */
  readonly target?: Partial<ProbeTarget>
  readonly truth: { readonly cause: Cause; readonly phase: ProbePhase } | 'up' | 'up, path unproven'
  /** Where there is a server of ours behind it. */
  readonly server?: Listening
}

const http4 = (cause: Cause) => ({ phase: 'http' as const, cause })

export const STATUSES: readonly (readonly [number, Scene['truth']])[] = [
  [200, 'up'],
  [204, 'up'],
  [301, http4('redirect')],
  [308, http4('redirect')],
  [400, 'up'],
  [401, 'up'],
  [403, 'up'],
  [404, 'up, path unproven'],
  [405, 'up'],
  [407, http4('authentication')],
  [408, http4('timeout')],
  [410, http4('not_found')],
  [422, 'up'],
  [429, http4('rate_limited')],
  [500, http4('server_error')],
  [501, http4('server_error')],
  [502, http4('unavailable')],
  [503, http4('unavailable')],
  [504, http4('timeout')],
  [521, http4('unavailable')],
  [526, http4('tls')],
]

/** Answers each request with one status; redirects point to a URL with a secret in it. */
export const status =
  (code: number) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    if (code >= 300 && code < 400) response.setHeader('Location', '/elsewhere?token=hunter2-hunter2')
    response.writeHead(code).end()
  }

/** Answers by method; 0 hangs up. */
export const by =
  (codes: Readonly<Record<string, number>>) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const code = codes[request.method ?? ''] ?? 500
    if (code === 0) request.socket.destroy()
    else response.writeHead(code).end()
  }

/** For sockets behind TLS: answers by hand. */
export const answering = (code: number) =>
  onData((socket) => socket.end(`HTTP/1.1 ${code} It is\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`))

export const sending = (text: string, { end = false } = {}) =>
  raw(
    onData((socket) => {
      if (end) socket.end(text)
      else socket.write(text)
    }),
  )

/** Reads, so that it sees the peer leave, and says nothing. */
export const silent = (socket: Socket) => void socket.resume()

export function dripping(socket: Socket): void {
  const timer = setInterval(() => socket.write('H'.repeat(1)), 40)
  socket.write('HTTP/1.1 200 OK\r\nX-Drip: ')
  socket.on('close', () => clearInterval(timer))
}

/** Writes as much as the peer takes, without end. */
export const endless = (head: string, piece: string) => (socket: Socket) => {
  const block = piece.repeat(Math.ceil(65_536 / piece.length))
  const more = () => {
    while (!socket.destroyed && socket.write(block)) {
      // Until the buffers are full.
    }
  }
  socket.once('data', () => {
    socket.write(head)
    socket.on('drain', more)
    more()
  })
}

export const onData = (behave: (socket: Socket) => void) => (socket: Socket) => {
  socket.once('data', () => behave(socket))
}

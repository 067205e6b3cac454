import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'

/** What an application may do with a request; `good` answers it with the body that `answerTo` says. */
type Act = (request: IncomingMessage, response: ServerResponse, id: string) => void

/** The one right body of the answer to a delivery. */
export const answerTo = (id: string, size = 20): string => `${id} `.repeat(size)

const read = (request: IncomingMessage, then: () => void) =>
  void request
    .on('error', () => {})
    .resume()
    .once('end', then)
const head = (id: string, length: number) => `HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nContent-Length: ${length}\r\n`

export const ACTS: Readonly<Record<string, Act>> = {
  good: (request, response, id) => read(request, () => response.setHeader('X-Id', id).end(answerTo(id))),
  chunked(request, response, id) {
    read(request, () => {
      response.writeHead(200, { 'X-Id': id, Trailer: 'X-End' })
      for (const part of answerTo(id).match(/.{1,7}/g)!) response.write(part)
      response.addTrailers({ 'X-End': id })
      response.end()
    })
  },
  large: (request, response, id) => read(request, () => response.setHeader('X-Id', id).end(answerTo(id, 20_000))),
  late: (request, response, id) => void setTimeout(() => ACTS['good']!(request, response, id), 30),
  unavailable: (request, response, id) => read(request, () => response.writeHead(503, { 'X-Id': id }).end()),
  // Before the body has arrived.
  early: (_, response, id) => void response.writeHead(413, { 'X-Id': id }).end('large'),
  hints(request, response, id) {
    response.writeEarlyHints({ link: '</a>; rel=preload' })
    ACTS['good']!(request, response, id)
  },
  reset: ({ socket }) => void socket.resetAndDestroy(),
  resetLater: (request) => void setTimeout(() => request.socket.resetAndDestroy(), 10),
  end: ({ socket }) => void socket.end(),
  partOfHeader: ({ socket }, _, id) => void socket.end(head(id, 5).slice(0, 30)),
  garbage: ({ socket }) => void socket.end('garbage\r\n\r\n'),
  tooShort: ({ socket }, _, id) => void socket.end(`${head(id, 50)}\r\nhalf`),
  tooLong: ({ socket }, _, id) =>
    void socket.write(`${head(id, answerTo(id).length)}\r\n${answerTo(id)}HTTP/1.1 200 OK\r\n\r\n`),
  resetWithin({ socket }, _, id) {
    socket.write(`${head(id, 50)}\r\nhalf`)
    setTimeout(() => socket.resetAndDestroy(), 5)
  },
  trickle(request, _, id) {
    const bytes = `${head(id, answerTo(id).length)}\r\n${answerTo(id)}`.match(/.{1,9}/gs)!
    const timer = setInterval(() => {
      const next = bytes.shift()
      if (next !== undefined && request.socket.writable) request.socket.write(next)
      else {
        clearInterval(timer)
        // The server does not know that this was a response, and would not answer another one.
        request.socket.end()
      }
    }, 1)
  },
  closeLater(request, response, id) {
    ACTS['good']!(request, response, id)
    setTimeout(() => request.socket.destroy(), 3)
  },
}

/** How a platform sends: what it writes in turn, with pauses of some milliseconds. */
export const SENDS: Readonly<Record<string, (id: string) => readonly (string | number)[]>> = {
  plain: (id) => [`${post(id)}Content-Length: 3\r\n\r\nabc`],
  inPieces: (id) => [post(id), 2, 'Content-Length: 3\r\n', 2, '\r\na', 5, 'bc'],
  chunks: (id) => [`${post(id)}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, 8, '1\r\nd\r\n0\r\n\r\n'],
  large: (id) => [`${post(id)}Content-Length: 200000\r\n\r\n`, 'x'.repeat(120_000), 5, 'x'.repeat(80_000)],
  expecting: (id) => [`${post(id)}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`, 5, 'abc'],
  hangsUp: (id) => [`${post(id)}Content-Length: 3\r\n\r\nab`, 15],
  hangsUpLater: (id) => [`${post(id)}Content-Length: 3\r\n\r\nabc`, 12],
}
const post = (id: string) => `POST /hooks/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nWebhook-Id: ${id}\r\n`

/** Sends a delivery on a connection of its own. @returns everything that came back */
export async function sendAs(send: string, id: string, port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  const closed = new Promise((close) => socket.on('error', () => {}).once('close', close))
  for (const part of SENDS[send]!(id))
    if (typeof part === 'number') await new Promise((next) => setTimeout(next, part))
    else if (socket.writable) socket.write(part)
  if (send.startsWith('hangsUp')) socket.destroy()
  await closed
  return text
}

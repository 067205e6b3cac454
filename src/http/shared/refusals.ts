import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { stringify } from '../../domain/text/external-text.ts'
import { memoize } from '../../domain/text/memoize.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import { STATUS_CODES } from '../../node-http.ts'
import { type Connections, endSocket } from './connections.ts'
import { errorAnswer } from './problem.ts'

const refused = new WeakSet<IncomingMessage>()

/** Whether the listener has answered and counted a request with an incomplete body: its handler only sees the end. */
export const wasRefused = (request: IncomingMessage): boolean => refused.has(request)

/** RFC 9110 section 7.2: a host as in a URL, which may be empty, and a port. */
const HOST = /^(?:\[[\w:.%]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/
const isHost = memoize((host) => HOST.test(host))

const PATH = /^(?:\/[^#\s]*|\*)$/
const ABSOLUTE = /^https?:\/\/([^/?#\s]+)(?:\/|(?=\?)|$)([^#\s]*)$/i

/**
 * Reduces a target to its path, since Koa's parser throws at some URLs; the host of a URL replaces `Host` (RFC 9112 section 3.2).
 * @returns false if the target is neither a path, `*` nor an http URL
 */
function reduceTarget(request: IncomingMessage): boolean {
  const { url = '' } = request
  if (PATH.test(url)) return true
  const [, host, path] = ABSOLUTE.exec(url) ?? []
  if (host === undefined || !isHost(host)) return false
  request.headers.host = host
  request.url = `/${path}`
  return true
}

/**
 * A request that a proxy in front may read differently than Node does is refused (RFC 9112 sections 2.3, 3.2 and 6.1).
 * @param listener `admin` checks `Host` itself, and `proxy` the target
 */
export function ambiguity(request: IncomingMessage, listener: string | undefined): AppError | undefined {
  const { rawHeaders, headers, httpVersion } = request
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return new AppError('invalid_request', `HTTP/${httpVersion} is not supported: use HTTP/1.1`)
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1) return new AppError('invalid_request', 'the request has more than one Host')
  if (hosts === 0 && httpVersion !== '1.0') return new AppError('invalid_request', 'the request has no Host')
  if (listener !== 'proxy' && !reduceTarget(request))
    return new AppError('invalid_request', 'the target must be a path, or a URL with http or https, without a fragment')
  if (listener !== 'admin' && !isHost(headers.host ?? ''))
    return new AppError('invalid_request', 'Host must be a name or an address, with or without a port')
  const coding = headers['transfer-encoding']
  if (coding === undefined) return undefined
  if (httpVersion === '1.0') return new AppError('invalid_request', 'HTTP/1.0 has no Transfer-Encoding')
  // Node decodes the chunks, and would pass on any coding below them as it is.
  if (coding.trim().toLowerCase() !== 'chunked')
    return new AppError('invalid_request', 'the only Transfer-Encoding accepted is chunked')
  return undefined
}

/** Answers a request that no handler has answered, as the last one of its connection. */
export function refuseRequest(response: ServerResponse, fault: AppError): void {
  const { status, headers, body } = errorAnswer(fault)
  response.writeHead(status, { ...headers, Connection: 'close' }).end(stringify(body))
}

/**
 * Handles what Node's parser could not read: every fault is answered and counted once, after the requests before it, and
 * never within an answer that has begun.
 */
export function refuseBroken(
  error: NodeJS.ErrnoException,
  socket: Socket,
  { connections, onRefused }: { connections: Connections; onRefused: (code: ErrorCode) => void },
): void {
  const fault = faultOf(error)
  if (!fault) {
    socket.destroy()
    return
  }
  if (socket.bytesRead === 0) {
    // It never sent a request: a port scan, a health check of TCP, or a proxy that connects in advance.
    endSocket(socket)
    return
  }
  const response = connections.incomplete(socket)
  if (response?.headersSent) {
    connections.finish(socket, () => endSocket(socket))
  } else if (response) {
    connections.finish(socket)
    // The client has disconnected: its handler notices, and counts it as that.
    if (error.code !== 'HPE_INVALID_EOF_STATE') {
      onRefused(fault.code)
      refused.add(response.req)
    }
    // Node forgets a request once it is answered; its handler still waits for the body.
    socket.once('close', () => response.req.destroy())
    refuseRequest(response, fault)
  } else if (!connections.isClosing(socket)) {
    onRefused(fault.code)
    connections.finish(socket, () => writeRefusal(socket, fault))
  }
}

/** Refuses CONNECT, for which Node hands over the socket, after the requests before it. */
export function refuseConnect(
  socket: Socket,
  { connections, onRefused }: { connections: Connections; onRefused: (code: ErrorCode) => void },
): void {
  // Node has removed its own listeners, the one for errors among them.
  socket.on('error', () => {})
  if (connections.isClosing(socket)) return
  const fault = new AppError('invalid_request', 'CONNECT is not supported')
  onRefused(fault.code)
  connections.finish(socket, () => writeRefusal(socket, fault))
}

/** What Node's parser found, in our words; undefined if the connection failed, not the request. */
function faultOf({ code = '' }: NodeJS.ErrnoException): AppError | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('request_timeout', 'the request did not arrive in time')
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('invalid_request', 'the header is too large')
  return code.startsWith('HPE_') ? new AppError('invalid_request', 'this is not a valid HTTP/1.1 request') : undefined
}

/** Answers what never became a request; for that Node only has the raw socket. */
function writeRefusal(socket: Socket, fault: AppError): void {
  if (socket.writable) {
    const { status, headers, body } = errorAnswer(fault)
    const text = stringify(body)
    const fields = { ...headers, Connection: 'close', 'Content-Length': String(Buffer.byteLength(text)) }
    const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${text}`)
  }
  // A client that never reads its answer would keep the socket half open.
  endSocket(socket)
}

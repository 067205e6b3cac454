import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { AppError, type ErrorCode } from '../errors.ts'
import { errorAnswer } from './problem.ts'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly handler: RequestListener
  /** A request that never reached the handler: what was wrong with it. */
  readonly onRefused?: (code: ErrorCode) => void
  /** A connection was accepted. */
  readonly onConnection?: () => void
}

export interface Listener {
  readonly address: AddressInfo
  /** Accepts nothing new, answers what is in flight, and cuts what is left after `deadline` milliseconds. */
  close(deadline: number): Promise<void>
}

/** Connections beyond this are closed at once: each costs memory before it has said anything. */
const MAX_CONNECTIONS = 10_000
const HEADERS_TIMEOUT = 5_000
export const BODY_TIMEOUT = 5_000
/** Requests of one connection that may wait for the answers before theirs. */
const MAX_QUEUED = 32
/** Milliseconds in which what is on its way over a connection that was idle is still answered while it is the end. */
const LAST_REQUESTS = 250

/**
 * An HTTP server that a stranger may reach.
 * @throws the error of `listen` (EADDRINUSE, EACCES, EADDRNOTAVAIL, …)
 */
export async function listen({
  host,
  port,
  handler,
  onRefused = () => {},
  onConnection,
}: ListenerOptions): Promise<Listener> {
  let draining = false
  const server = createServer(
    {
      ServerResponse: closingWhile(() => draining),
      maxHeaderSize: 16_384,
      headersTimeout: HEADERS_TIMEOUT,
      // Above BODY_TIMEOUT, so that a handler can answer a slow body in its own words.
      requestTimeout: HEADERS_TIMEOUT + 2 * BODY_TIMEOUT,
      keepAliveTimeout: 15_000,
      // Both time-outs are only looked at this often; the default is 30 s.
      connectionsCheckingInterval: 1_000,
      // Node's own refusal has no body; `ambiguity` words it.
      requireHostHeader: false,
    },
    (request, response) => {
      if (response.socket === null && !mayWait(request.socket, response)) return
      const fault = ambiguity(request)
      if (fault) {
        onRefused(fault.code)
        const { status, headers, body } = errorAnswer(fault)
        response.writeHead(status, { ...headers, Connection: 'close' }).end(JSON.stringify(body))
        return
      }
      handler(request, response)
    },
  )
  // An expectation that we do not know may be ignored (RFC 9110 section 10.1.1); Node's own refusal would have no body.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('connect', (_, socket: Socket) => {
    refuse(new AppError('invalid_request', 'this is no proxy: CONNECT is not taken'), socket, onRefused)
  })
  if (onConnection) server.on('connection', onConnection)
  server.maxConnections = MAX_CONNECTIONS
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    // Who ends in the middle is answered in case it listens, and has gone away for the handler, which tells of that.
    else refuse(faultOf(error), socket, error.code === 'HPE_INVALID_EOF_STATE' ? undefined : onRefused)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    address: server.address() as AddressInfo,
    close: (deadline) => {
      draining = true
      return drain(server, deadline)
    },
  }
}

const queued = new WeakMap<Socket, number>()

/**
 * Whether a request that came before the answers of earlier ones may wait for its turn. Where too many do, the connection
 * is closed: a client that pipelines without end, or never reads, would have the memory of some hundred others.
 */
function mayWait(socket: Socket, response: ServerResponse): boolean {
  const waiting = queued.get(socket) ?? 0
  if (waiting >= MAX_QUEUED) {
    stopParsing(socket)
    socket.destroy()
    return false
  }
  queued.set(socket, waiting + 1)
  response.once('close', () => queued.set(socket, queued.get(socket)! - 1))
  return true
}

/**
 * Node parses what one read brought to its end, more than a thousand requests, although their socket is destroyed. As for
 * an upgrade, 2 says that what follows is no HTTP. There is no public way.
 */
function stopParsing(socket: Socket & { parser?: { onIncoming: () => number } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => 2
}

/** What a proxy in front may read otherwise than Node does is refused (RFC 9112 sections 3.2 and 6.1). */
function ambiguity({ rawHeaders, headers, httpVersion }: IncomingMessage): AppError | undefined {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1) return new AppError('invalid_request', 'the request has more than one Host')
  if (hosts === 0 && httpVersion !== '1.0') return new AppError('invalid_request', 'the request has no Host')
  const coding = headers['transfer-encoding']
  if (coding === undefined) return undefined
  if (httpVersion === '1.0') return new AppError('invalid_request', 'HTTP/1.0 has no Transfer-Encoding')
  // Node takes the chunks apart, and would hand on a coding below them as it is.
  if (coding.trim().toLowerCase() !== 'chunked')
    return new AppError('invalid_request', 'the only Transfer-Encoding taken is chunked')
  return undefined
}

/** What Node's parser found, in our words. */
function faultOf({ code }: NodeJS.ErrnoException): AppError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('request_timeout', 'the request did not arrive in time')
  return new AppError(
    'invalid_request',
    code === 'HPE_HEADER_OVERFLOW' ? 'the header is too large' : 'this is no valid HTTP/1.1 request',
  )
}

const refused = new WeakSet<Socket>()

/** Whether the listener has answered and told of what came over a connection: its handler, if it had begun, sees the end. */
export const wasRefused = (socket: Socket): boolean => refused.has(socket)

/** Answers what never becomes a request that can be handled; Node leaves that to a raw socket. */
function refuse(fault: AppError, socket: Socket, onRefused?: (code: ErrorCode) => void): void {
  // Node takes its own listener off with CONNECT.
  socket.on('error', () => {})
  if (!socket.writable) {
    socket.destroy()
    return
  }
  if (onRefused) {
    onRefused(fault.code)
    refused.add(socket)
  }
  const { status, headers, body } = errorAnswer(fault)
  const text = JSON.stringify(body)
  const fields = { ...headers, Connection: 'close', 'Content-Length': String(Buffer.byteLength(text)) }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${text}`)
  // A peer that never reads its answer would keep the socket half open.
  setTimeout(() => socket.destroy(), 1_000).unref()
}

/**
 * Answers that end their connection while it is the end: one that is kept alive would hold it up. Asked of each answer as
 * it is written, since a set of those in flight would keep dead ones in memory (a hash table that has grown points to its
 * successor, and drags it into the old generation).
 */
function closingWhile(isEnd: () => boolean): typeof ServerResponse<IncomingMessage> {
  return class extends ServerResponse<IncomingMessage> {
    override writeHead(status: number, reason?: string | Headers, headers?: Headers): this {
      if (isEnd()) this.setHeader('Connection', 'close')
      return super.writeHead(status, reason as string, headers)
    }
  }
}
type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]

async function drain(server: Server, deadline: number): Promise<void> {
  // The HTTP server's own `close` would end idle connections too, at once, and with them requests that it has not read.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  const idle = setTimeout(() => server.closeIdleConnections(), Math.min(LAST_REQUESTS, deadline))
  const all = setTimeout(() => server.closeAllConnections(), deadline)
  await closed
  clearTimeout(idle)
  clearTimeout(all)
}

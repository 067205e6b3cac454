import type {
  IncomingMessage,
  OutgoingHttpHeader,
  OutgoingHttpHeaders,
  RequestListener,
  ServerResponse as Response,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ErrorCode } from '../../errors.ts'
import { inheritedSocket } from '../../inherited-sockets.ts'
import { createServer, ServerResponse } from '../../node-http.ts'
import { trackConnections } from './connections.ts'
import { drain } from './drain.ts'
import { ambiguity, refuseBroken, refuseConnect, refuseRequest } from './refusals.ts'

export interface ListenerOptions {
  /** Under which a socket may have been inherited. */
  readonly name?: 'ingest' | 'admin' | 'proxy'
  readonly host: string
  readonly port: number
  readonly handler: RequestListener
  /** Further connections are closed at once. */
  readonly maxConnections: number
  /** Milliseconds after which an idle connection is closed. */
  readonly keepAliveTimeout: number
  /** Milliseconds for which proxies may go on using their connections after `close` was called. */
  readonly grace: number
  /** Most bytes of a request's header; 16 KiB by default. */
  readonly maxHeaderSize?: number
  /** Milliseconds for a whole request; 15 s by default. */
  readonly requestTimeout?: number
  /** Called for each request that never reached the handler, with what was wrong. */
  readonly onRefused?: (code: ErrorCode) => void
  /** A connection was accepted. */
  readonly onConnection?: () => void
}

export interface Listener {
  readonly address: AddressInfo
  /** From now on answers say `Connection: close`, so that clients look for another receiver; new connections are accepted. */
  announceClose(): void
  /** Stops listening, answers with `Connection: close`, ends idle connections after `grace` and the rest after `deadline` ms. */
  close(deadline: number): Promise<void>
}

/** More than proxies keep towards one receiver; each costs 17 KiB. */
const MAX_IDLE = 2_000
const HEADERS_TIMEOUT = 5_000
const MAX_HEADER_SIZE = 16_384
export const BODY_TIMEOUT = 5_000

/**
 * An HTTP server that a stranger may reach.
 * @throws the error of `listen` (EADDRINUSE, EACCES, EADDRNOTAVAIL, …)
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const {
    name,
    host,
    port,
    handler,
    maxConnections,
    keepAliveTimeout,
    grace,
    onRefused = () => {},
    onConnection,
  } = options
  // Above BODY_TIMEOUT, so that a handler can answer a slow body in its own words.
  const { maxHeaderSize = MAX_HEADER_SIZE, requestTimeout = HEADERS_TIMEOUT + 2 * BODY_TIMEOUT } = options
  // At least half are left to connections with a request, so that idle ones never lock out others.
  const connections = trackConnections(Math.min(MAX_IDLE, Math.ceil(maxConnections / 2)))
  let isDraining = false
  const server = createServer(
    {
      ServerResponse: closingWhere((response) => connections.mustClose(response, isDraining)),
      maxHeaderSize,
      headersTimeout: HEADERS_TIMEOUT,
      requestTimeout,
      keepAliveTimeout,
      // Both timeouts are checked only this often; the default is 30 s.
      connectionsCheckingInterval: 1_000,
      // Node's own refusal has no body; `ambiguity` words it.
      requireHostHeader: false,
    },
    (request, response) => {
      if (!connections.begin(request, response)) return
      const fault = ambiguity(request, name)
      if (!fault) return handler(request, response)
      onRefused(fault.code)
      connections.finish(request.socket)
      refuseRequest(response, fault)
    },
  )
  server.maxConnections = maxConnections
  // A client that ends only its side still reads its answer. To the proxy it may be a platform that gave up.
  Object.assign(server, { httpAllowHalfOpen: name !== 'proxy' })
  // Before Node's own listener, which may parse a request at once.
  server.prependListener('connection', connections.opened)
  // An unknown expectation may be ignored (RFC 9110 section 10.1.1); Node's own refusal would have no body.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  if (onConnection) server.on('connection', onConnection)
  server.on('connect', (_, socket: Socket) => refuseConnect(socket, { connections, onRefused }))
  server.on('clientError', (error, socket: Socket) => refuseBroken(error, socket, { connections, onRefused }))
  // Only `keepAliveTimeout` causes this event. Node would destroy the socket, and with it a request on its way. Timers run
  // before sockets are read, so what has arrived already is read first.
  server.on('timeout', (socket) => setImmediate(connections.endIfIdle, socket))
  const fd = name && inheritedSocket(name, { host, port })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(fd === undefined ? { host, port } : { fd }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    address: server.address() as AddressInfo,
    announceClose() {
      isDraining = true
    },
    close: (deadline) => {
      isDraining = true
      return drain(server, connections, { grace, deadline })
    },
  }
}

/**
 * Answers that end their connection where they must. Asked of each answer as it is written, since a set of those in
 * flight would keep dead ones in memory (a hash table that has grown points to its successor, and drags it into the old
 * generation).
 */
function closingWhere(mustClose: (response: Response) => boolean): typeof ServerResponse<IncomingMessage> {
  return class extends ServerResponse<IncomingMessage> {
    override writeHead(status: number, reason?: string | Headers, headers?: Headers): this {
      if (mustClose(this)) this.setHeader('Connection', 'close')
      return super.writeHead(status, reason as string, headers)
    }
  }
}
type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { LinkedList, type ListItem } from '../../linked-list.ts'

/** Requests per connection that may wait for the answers before theirs: no more is read until half of them are answered. */
const MAX_QUEUED = 32
/** One read may hold thousands. Of those beyond this none runs, and the last answer before them ends the connection. */
const MAX_PIPELINED = 256
/** Milliseconds for which a request that crosses with the end of an idle connection is still read. */
const CROSSING = 1_000
/** Milliseconds for which the rest of a request is still read after the last answer of its connection. */
const LINGER = 2_000

interface Connection extends ListItem {
  readonly socket: Socket
  /** The newest request and its answer. */
  last?: { readonly request: IncomingMessage; readonly response: ServerResponse }
  /** Requests without a complete answer. */
  open: number
  /** Anything else that arrives is not a request: the newest answer, or a refusal, is the last. */
  isClosing: boolean
  /** Nothing that still arrives can be read as part of a request. */
  isFinished: boolean
  /** Requests were sent after the last that runs. */
  hasUnread: boolean
  isPaused: boolean
  /** Called once when every request has been answered. */
  whenAnswered?: () => void
  /** Bytes received when it became idle: more than these mean that a request has begun to arrive. */
  idleAt: number
}

/** Kept at its socket: a Map takes longer, and each request asks several times. */
const CONNECTION = Symbol('connection')
type TrackedSocket = Socket & { [CONNECTION]?: Connection | undefined }
const connectionOf = (socket: Socket): Connection | undefined => (socket as TrackedSocket)[CONNECTION]

export interface Connections {
  opened(socket: Socket): void
  /** @returns whether the request may run; if not, it is not answered either */
  begin(request: IncomingMessage, response: ServerResponse): boolean
  /** The newest request, if its body has not arrived completely. */
  incomplete(socket: Socket): ServerResponse | undefined
  /** Whether nothing that arrives from now on is a request. */
  isClosing(socket: Socket): boolean
  /** Ignores everything that arrives from now on; `then` runs once every earlier request has been answered. */
  finish(socket: Socket, then?: () => void): void
  /** Whether this answer must be the last of its connection. */
  mustClose(response: ServerResponse, isDraining: boolean): boolean
  /** Ends a connection unless a request has begun to arrive on it. */
  endIfIdle(socket: Socket): void
  /** Ends every idle connection. */
  endIdle(): void
}

/**
 * What Node does not track per connection: which requests are unanswered, whether further ones may follow, and how long
 * it has been idle. Beyond `maxIdle` idle connections, the one that has been idle longest is closed.
 */
export function trackConnections(maxIdle: number): Connections {
  const idle = new LinkedList<Connection>()

  const becomeIdle = (connection: Connection) => {
    connection.idleAt = connection.socket.bytesRead
    idle.add(connection)
    if (idle.size <= maxIdle) return
    const longest = longestIdle()
    // One that has never sent anything cannot have a proxy's request on its way, in all likelihood.
    if (longest?.idleAt === 0) longest.socket.destroy()
    else if (longest) endSocket(longest.socket)
  }

  function longestIdle(): Connection | undefined {
    for (let longest = idle.first; longest; longest = idle.first) {
      idle.remove(longest)
      if (isIdle(longest)) return longest
    }
    return undefined
  }

  return {
    opened(socket) {
      const connection: Connection = {
        socket,
        open: 0,
        isClosing: false,
        isFinished: false,
        hasUnread: false,
        isPaused: false,
        idleAt: 0,
        isListed: false,
        before: undefined,
        after: undefined,
      }
      ;(socket as TrackedSocket)[CONNECTION] = connection
      socket.once('close', () => {
        ;(socket as TrackedSocket)[CONNECTION] = undefined
        idle.remove(connection)
      })
      becomeIdle(connection)
      // Node calls it after the last answer. If it destroyed the connection while the request is still arriving, the reset
      // could overtake the answer (RFC 9112 section 9.6).
      const { destroySoon } = socket
      socket.destroySoon = () => {
        const isArriving = connection.last?.request.complete === false && !connection.isFinished
        if (isArriving || connection.hasUnread) endSocket(socket, LINGER)
        else destroySoon.call(socket)
      }
    },

    begin(request, response) {
      const { socket } = request
      const connection = connectionOf(socket)
      if (!connection || connection.isClosing) {
        stopParsing(socket)
        return false
      }
      // A client that pipelines without end, or never reads, would use the memory of hundreds of others.
      if (connection.open >= MAX_PIPELINED) {
        connection.isClosing = true
        connection.hasUnread = true
        stopParsing(socket)
        return false
      }
      if (connection.open >= MAX_QUEUED && !connection.isPaused) {
        connection.isPaused = true
        socket.pause()
      }
      idle.remove(connection)
      connection.last = { request, response }
      connection.open += 1
      // Node's parser loses what follows an Upgrade in the same read, and takes the rest for a new request.
      if (!response.shouldKeepAlive || request.headers.upgrade !== undefined) connection.isClosing = true
      response.on('close', () => {
        connection.open -= 1
        if (connection.isPaused && connection.open <= MAX_QUEUED / 2) {
          connection.isPaused = false
          socket.resume()
        }
        if (connection.open > 0) return
        connection.whenAnswered?.()
        if (!connection.isClosing && socket.writable) becomeIdle(connection)
      })
      return true
    },

    incomplete(socket) {
      const last = connectionOf(socket)?.last
      return last && !last.request.complete ? last.response : undefined
    },

    isClosing: (socket) => connectionOf(socket)?.isClosing ?? true,

    finish(socket, then) {
      const connection = connectionOf(socket)
      if (!connection) return
      connection.isClosing = true
      connection.isFinished = true
      if (!then) return
      if (connection.open === 0) then()
      else connection.whenAnswered = then
    },

    mustClose(response, isDraining) {
      const connection = connectionOf(response.req.socket)
      // An earlier answer with `Connection: close` would cut off those behind it, and a refusal that is to follow.
      if (connection?.last?.response !== response || connection.whenAnswered) return false
      return isDraining || connection.isClosing
    },

    endIfIdle(socket) {
      const connection = connectionOf(socket)
      if (connection && connection.open === 0 && isIdle(connection)) endSocket(socket)
    },

    endIdle() {
      for (const connection of [...idle]) if (isIdle(connection)) endSocket(connection.socket)
    },
  }
}

const isIdle = ({ socket, idleAt }: Connection) => socket.bytesRead === idleAt

/**
 * Node parses one read to its end, some 2,400 requests, although none of them may run. In a flood of 500 such reads this
 * private field kept the process at 293 MiB instead of 844; `server.maxRequestsPerSocket` only answers 503 to each of
 * them. As for an upgrade, 2 says that what follows is not HTTP.
 */
function stopParsing(socket: Socket & { parser?: { onIncoming: () => number } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => 2
}

/**
 * Ends a connection, and goes on reading for a moment: a request that crosses with the end is recorded, although its
 * sender cannot get the answer. Destroying the socket would lose it.
 * @param milliseconds that the other side has for its own end
 */
export function endSocket(socket: Socket, milliseconds = CROSSING): void {
  socket.end()
  const timer = setTimeout(() => socket.destroy(), milliseconds)
  socket.once('close', () => clearTimeout(timer))
}

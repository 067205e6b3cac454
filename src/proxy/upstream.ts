import { isIP, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Dispatcher, Client as UndiciClient } from 'undici'
import buildConnector from 'undici/lib/core/connect.js'
import symbols from 'undici/lib/core/symbols.js'
import Client from 'undici/lib/dispatcher/client.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import { Attempt, type AttemptConnection } from './attempt.ts'
import { type ConnectGate, createConnectGate } from './connect-gate.ts'
import { createRetryBudget, type RetryBudget } from './retry-budget.ts'
import { createSharedLookup } from './shared-lookup.ts'

/** Milliseconds: nothing takes longer than a delivery may. */
const CONNECT_TIMEOUT = 60_000
/** Milliseconds after which an attempt to connect counts as failing, although it goes on. */
const SLOW_CONNECT = 1_000
/** Milliseconds for which a connection without a `Keep-Alive` header is kept: less than common servers keep theirs. */
const KEEP_ALIVE = 1_000
/** Milliseconds by which we give up an idle connection before the application does. */
const KEEP_ALIVE_MARGIN = 1_000
const KEEP_ALIVE_MAX = 60_000
const MAX_HEADER_SIZE = 65_536

/** The application behind one or more routes. */
export interface Upstream {
  readonly origin: string
  readonly gate: ConnectGate
  readonly budget: RetryBudget
  send(options: SendOptions, attempt: Attempt): void
  /** Closes its connections, whatever they carry. */
  close(): Promise<void>
}

export interface SendOptions {
  readonly method: string
  /** The target in origin form, as received. */
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: Buffer | Readable | null
}

/** One pool of connections per origin. Nothing is connected to before the first delivery. */
export function createUpstream(origin: string): Upstream {
  const { protocol, host, hostname: written, port } = new URL(origin)
  const hostname = written.replace(/^\[(.*)\]$/, '$1')
  const build = buildConnector({ timeout: CONNECT_TIMEOUT, allowH2: false, lookup: createSharedLookup() })
  /** Connections that were made for the deliveries that wait: those take them first. */
  const spare: Socket[] = []
  let trial: { readonly socket: Socket; readonly since: number } | undefined

  /** Reports failures to the gate, whichever delivery asked for the connection. */
  const open: typeof build = (options, callback) => {
    const since = performance.now()
    const slow = setTimeout(() => gate.failed(since), SLOW_CONNECT)
    // Undici takes the name from the delivery's Host, which a stranger chose.
    const { servername: _, ...rest } = options
    return build(isIP(hostname) ? rest : { ...rest, servername: hostname }, (...result) => {
      clearTimeout(slow)
      const [error] = result
      // A connection that is no longer needed, because the platform hung up, proves nothing.
      if (error && (error as NodeJS.ErrnoException).code !== 'UND_ERR_INFO') gate.failed(since)
      callback(...result)
    })
  }

  const connect: typeof build = (options, callback) => {
    for (let found = spare.pop(); found; found = spare.pop()) {
      const socket = found
      if (socket.destroyed || !socket.readable) continue
      // In a later turn, as undici expects.
      queueMicrotask(() => callback(null, socket))
      return socket
    }
    return open(options, (...result) => {
      callback(...result)
      if (!result[0]) gate.connected()
    })
  }

  /** One attempt to connect for all that wait. */
  const attempt = () => {
    const since = performance.now()
    if (trial && since - trial.since < SLOW_CONNECT) return
    trial?.socket.destroy(new Error('no connection in time'))
    const socket = open({ protocol, host, hostname, port }, (error, connected) => {
      if (trial?.socket === socket) trial = undefined
      if (error || !connected) return
      spare.push(connected as Socket)
      gate.connected()
      // Those that waited have been sent by now.
      setImmediate(() => {
        for (const unused of spare.splice(0)) unused.destroy()
      })
    })
    trial = { socket, since }
  }

  const gate = createConnectGate(attempt)
  const pool = new Pool(origin, {
    factory: (url, options) => new TrackedClient(url, { ...options, connect } as ClientOptions),
    connect,
    allowH2: false,
    // A response may take as long as the delivery; that has its own limit.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE,
    keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX,
    maxHeaderSize: MAX_HEADER_SIZE,
  })
  return {
    origin,
    gate,
    budget: createRetryBudget(),
    send({ method, path, headers, body }, handler) {
      const options = {
        method: method as Dispatcher.HttpMethod,
        path,
        headers,
        body,
        // Always the configured name: another one would make undici close its connections.
        servername: hostname,
        [symbols.kQueuedAbort]: (cancel: (reason: Error) => void) => {
          handler.withdraw = cancel
        },
      }
      pool.dispatch(options, handler)
    },
    async close() {
      gate.close()
      trial?.socket.destroy(new Error('closing'))
      await pool.destroy()
    },
  }
}

type ClientOptions = UndiciClient.Options & { connect: ReturnType<typeof buildConnector> }

/** Tells an attempt which connection it is sent on. */
class TrackedClient extends Client implements AttemptConnection {
  socket: Socket | undefined

  constructor(origin: string | URL, options: ClientOptions) {
    const { connect } = options
    super(origin, {
      ...options,
      connect: ((about, callback) =>
        connect(about, (...result) => {
          this.socket = (result[1] as Socket | null) ?? undefined
          callback(...result)
        })) as typeof connect,
    })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Attempt) handler.connection = this
    return super.dispatch(options, handler)
  }
}

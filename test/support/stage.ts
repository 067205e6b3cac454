import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Cause } from '../../src/domain/cause.ts'
import type { ProbePhase, ProbeTarget } from '../../src/domain/probe.ts'
import { type Authority, authority, type CertificateOptions, selfSigned } from './certificates.ts'
import { blackHole, http, type Listening, raw, rawTls } from './sockets.ts'
import { freePort } from './temp.ts'

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

export interface Stage {
  readonly scenes: readonly Scene[]
  /** PEM; the authority that the stage's certificates come from. */
  readonly ca: string
  /** The stage's names, and getaddrinfo for all others. */
  readonly lookup: (host: string) => Promise<readonly string[]>
  close(): Promise<void>
}

const MINUTE = 60_000
export const SHOP = 'shop.example'

/** Sets up every scene. Times are generous: a loaded machine must not turn one fault into another. */
export async function openStage(lookup: Stage['lookup']): Promise<Stage> {
  const opened: Listening[] = []
  const scenes: Scene[] = []
  const ca = await authority('Stage authority')
  const on = async (server: Promise<Listening>): Promise<Listening> => {
    opened.push(await server)
    return server
  }
  /** Adds a scene with a server; `scheme` and host make its URL. */
  const scene = async (
    name: string,
    truth: Scene['truth'],
    server: Promise<Listening>,
    { scheme = 'http', host = SHOP, path = '/hooks', ...target }: SceneOptions = {},
  ) => {
    const at = await on(server)
    scenes.push({ name, truth, url: `${scheme}://${host}:${at.port}${path}`, server: at, target })
  }
  const https = (options: CertificateOptions, issuer: Authority = ca) =>
    issuer.issue(options).then((certificate) => rawTls(certificate, answering(200)))
  const at = (phase: ProbePhase, cause: Cause) => ({ phase, cause })

  // The name.
  scenes.push({
    name: 'a name that does not resolve',
    truth: at('resolve', 'dns'),
    // A label over 63 octets: getaddrinfo refuses it without a network (RFC 1035 section 2.3.4).
    url: `http://${'a'.repeat(64)}.example/hooks`,
  })

  // The connection.
  scenes.push({
    name: 'refused',
    truth: at('connect', 'connection_refused'),
    url: `http://${SHOP}:${await freePort()}/hooks`,
  })
  await scene('black hole: SYN unanswered', at('connect', 'timeout'), blackHole(), SHORT)
  await scene('silent after accepting', at('http', 'timeout'), raw(silent), SHORT)
  await scene('silent after accepting, https', at('tls', 'timeout'), raw(silent), { scheme: 'https', ...SHORT })
  await scene('reset on the request', at('http', 'connection_reset'), raw(onData((socket) => socket.resetAndDestroy())))
  await scene(
    'reset after the handshake',
    at('http', 'connection_reset'),
    rawTls(
      await ca.issue({ names: [SHOP] }),
      onData((socket) => rawOf(socket).resetAndDestroy()),
    ),
    { scheme: 'https' },
  )

  // TLS.
  await scene('healthy https', 'up', https({ names: [SHOP] }), { scheme: 'https' })
  await scene('expired certificate', at('tls', 'tls'), https({ names: [SHOP], notAfter: ago(40) }), { scheme: 'https' })
  await scene('wrong-name certificate', at('tls', 'tls'), https({ names: ['other.example'] }), { scheme: 'https' })
  await scene('not-yet-valid certificate', at('tls', 'tls'), https({ names: [SHOP], notBefore: ago(-60) }), {
    scheme: 'https',
  })
  await scene(
    'self-signed certificate',
    at('tls', 'tls'),
    selfSigned({ names: [SHOP] }).then((certificate) => rawTls(certificate, answering(200))),
    { scheme: 'https' },
  )
  await scene('unknown authority', at('tls', 'tls'), https({ names: [SHOP] }, await authority('Somebody')), {
    scheme: 'https',
  })
  await scene('dropped during the handshake', at('tls', 'tls'), raw(onData((socket) => socket.destroy())), {
    scheme: 'https',
  })
  await scene('reset during the handshake', at('tls', 'tls'), raw(onData((socket) => socket.resetAndDestroy())), {
    scheme: 'https',
  })
  await scene('plain HTTP on a TLS port', at('tls', 'protocol'), http(status(200)), { scheme: 'https' })
  await scene('TLS on a plain port', at('http', 'protocol'), https({ names: [SHOP] }))
  await scene('400 to plain HTTP on a TLS port', at('http', 'protocol'), bothWays(ca))
  await scene('wants a client certificate', at('tls', 'tls'), mutual(ca), { scheme: 'https' })
  await scene('has a client certificate', 'up', mutual(ca), { scheme: 'https', ...(await ca.issue({ names: ['me'] })) })

  // HTTP.
  for (const [code, truth] of STATUSES) await scene(`${code}`, truth, http(status(code)))
  await scene('500 to HEAD, 200 to OPTIONS', at('http', 'server_error'), http(by({ HEAD: 500, OPTIONS: 200 })))
  await scene('404 to HEAD, 405 to OPTIONS', 'up', http(by({ HEAD: 404, OPTIONS: 405 })))
  await scene('404 to HEAD, blanket 204 to OPTIONS', 'up, path unproven', http(by({ HEAD: 404, OPTIONS: 204 })))
  await scene('405 to HEAD, 404 to OPTIONS', 'up', http(by({ HEAD: 405, OPTIONS: 404 })))
  await scene('404 to HEAD, OPTIONS dropped', 'up, path unproven', http(by({ HEAD: 404, OPTIONS: 0 })))
  await scene('200 where 204 is expected', at('http', 'unknown'), http(status(200)), { expect: [204] })
  await scene('503 where 5xx is expected', 'up', http(status(503)), { expect: ['5xx'] })
  await scene('404 to the configured GET', at('http', 'not_found'), http(status(404)), { method: 'GET' })
  await scene('half an answer', at('http', 'protocol'), sending('HTTP/1.1 200 OK\r\nContent-Le', { end: true }))
  await scene('empty answer', at('http', 'protocol'), sending('', { end: true }))
  await scene('not HTTP at all', at('http', 'protocol'), sending('220 mail.example ESMTP\r\n'))
  await scene('slow first byte', at('http', 'timeout'), raw(onData(() => {})), SHORT)
  await scene('dripping head', at('http', 'timeout'), raw(dripping), SHORT)
  await scene('endless head', at('http', 'protocol'), raw(endless('HTTP/1.1 200 OK\r\n', 'X-More: and more\r\n')))
  await scene('endless header line', at('http', 'protocol'), raw(endless('HTTP/1.1 200 OK\r\nX: ', 'more')))
  await scene('endless interim answers', at('http', 'protocol'), raw(endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n')))
  await scene('gigabyte body', 'up', raw(endless('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n', 'body')), {
    method: 'GET',
  })

  // Addresses.
  await scene('first address refuses', 'up', http(status(200)), { host: 'second.example' })
  const six = http(status(200), '::1').catch(() => undefined)
  if (await six) await scene('AAAA only', 'up', six as Promise<Listening>, { host: 'six.example' })

  const names: Readonly<Record<string, readonly string[]>> = {
    [SHOP]: ['127.0.0.1'],
    'second.example': ['127.0.0.9', '127.0.0.1'],
    'six.example': ['::1'],
  }
  return {
    scenes,
    ca: ca.cert,
    lookup: async (host) => names[host] ?? lookup(host),
    async close() {
      await Promise.all(opened.map((server) => server.close()))
    },
  }
}

type SceneOptions = Partial<ProbeTarget> & { scheme?: string; host?: string; path?: string }

/** For scenes that end by the deadline. */
const SHORT = { timeout: 700 } as const

const http4 = (cause: Cause) => ({ phase: 'http' as const, cause })
const STATUSES: readonly (readonly [number, Scene['truth']])[] = [
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
const by =
  (codes: Readonly<Record<string, number>>) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const code = codes[request.method ?? ''] ?? 500
    if (code === 0) request.socket.destroy()
    else response.writeHead(code).end()
  }

/** For sockets behind TLS: answers by hand. */
const answering = (code: number) =>
  onData((socket) => socket.end(`HTTP/1.1 ${code} It is\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`))

const sending = (text: string, { end = false } = {}) =>
  raw(
    onData((socket) => {
      if (end) socket.end(text)
      else socket.write(text)
    }),
  )

/** Reads, so that it sees the peer leave, and says nothing. */
const silent = (socket: Socket) => void socket.resume()

function dripping(socket: Socket): void {
  const timer = setInterval(() => socket.write('H'.repeat(1)), 40)
  socket.write('HTTP/1.1 200 OK\r\nX-Drip: ')
  socket.on('close', () => clearInterval(timer))
}

/** Writes as much as the peer takes, without end. */
const endless = (head: string, piece: string) => (socket: Socket) => {
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

const mutual = async (ca: Authority) =>
  rawTls(
    { ...(await ca.issue({ names: [SHOP] })), ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    answering(200),
  )

/** As nginx does: a 400 for those who do not begin with a TLS record. */
const bothWays = async (ca: Authority) => {
  const tls = createServer(await ca.issue({ names: [SHOP] }))
  return raw((socket) =>
    socket.once('data', (chunk: Buffer) => {
      if (chunk[0] !== 0x16) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
      else {
        socket.pause()
        socket.unshift(chunk)
        tls.emit('connection', socket)
      }
    }),
  )
}

const onData = (behave: (socket: Socket) => void) => (socket: Socket) => {
  socket.once('data', () => behave(socket))
}

/** The socket below a TLS one, to reset the connection without a farewell. */
const rawOf = (socket: Socket): Socket => (socket as unknown as { _parent?: Socket })._parent ?? socket

const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE)

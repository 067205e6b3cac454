import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Cause } from '../../src/domain/cause/cause.ts'
import type { ProbePhase, ProbeTarget } from '../../src/domain/verdict/probe.ts'
import { type Authority, authority, type CertificateOptions, selfSigned } from './certificates.ts'
import { blackHole, http, type Listening, raw, rawTls } from './sockets.ts'
import {
  answering,
  by,
  dripping,
  endless,
  onData,
  type Scene,
  STATUSES,
  sending,
  silent,
  status,
} from './stage-behaviours.ts'
import { freePort } from './temp.ts'

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
  await scene('500 to HEAD, 200 to GET', 'up', http(by({ HEAD: 500, GET: 200 })))
  await scene('500 to HEAD and GET', at('http', 'server_error'), http(by({ HEAD: 500, GET: 500, OPTIONS: 200 })))
  await scene('503 to HEAD, GET dropped', at('http', 'unavailable'), http(by({ HEAD: 503, GET: 0 })))
  await scene('405 to HEAD, 503 to GET', at('http', 'unavailable'), http(by({ HEAD: 405, GET: 503 })))
  await scene('501 to HEAD, 404 to GET', 'up, path unproven', http(by({ HEAD: 501, GET: 404 })))
  await scene('404 to HEAD, 405 to OPTIONS', 'up', http(by({ HEAD: 404, OPTIONS: 405 })))
  await scene('404 to HEAD, blanket 204 to OPTIONS', 'up, path unproven', http(by({ HEAD: 404, OPTIONS: 204 })))
  await scene('405 to HEAD, 404 to GET', 'up', http(by({ HEAD: 405, GET: 404 })))
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

/** The socket below a TLS one, to reset the connection without a farewell. */
const rawOf = (socket: Socket): Socket => (socket as unknown as { _parent?: Socket })._parent ?? socket

const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE)

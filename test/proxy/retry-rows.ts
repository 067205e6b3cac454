import { execFileSync } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Authority } from '../support/certificates.ts'
import { http, type Listening, listening, raw } from '../support/sockets.ts'
import { freePort } from '../support/temp.ts'

/** One application of the table, for one value of `retry`. */
export interface Application {
  readonly upstream: string
  /** `webhook-attempt` of each request that it received; empty if there was none. */
  readonly requests: readonly string[]
  /** Ends the fault that keeps it from being reached. */
  readonly heal?: () => unknown
  /** Whether nothing says that it cannot be reached, so that `none` waits, too. */
  readonly isSilent?: boolean
}

export interface Stage {
  /** Of the name server. Null: it does not answer. */
  readonly names: Record<string, string | readonly string[] | null>
  readonly ca: Authority
  /** What is to be closed in the end. */
  readonly apps: Listening[]
}

/** @returns undefined where this machine cannot have it */
type Start = (stage: Stage, id: string) => Promise<Application | undefined>
type Answer = (request: IncomingMessage, response: ServerResponse) => void

const ip = (...args: string[]) => execFileSync('ip', args)
const LOCAL = '127.0.0.1'
let lastAddress = 10

/** Notes its requests, and answers them with 200 but the first, if that is to meet something else. */
function application(first: Answer = good) {
  const requests: string[] = []
  return {
    requests,
    answer(request: IncomingMessage, response: ServerResponse) {
      requests.push(String(request.headers['webhook-attempt'] ?? ''))
      ;(requests.length === 1 ? first : good)(request, response)
    },
  }
}
const good: Answer = (request, response) => void request.resume().once('end', () => response.end('good'))

/** An application that is there, behind a name. */
const named =
  (before: string | null | undefined): Start =>
  async ({ names, apps }, id) => {
    const { requests, answer } = application()
    const app = await http(answer)
    apps.push(app)
    const name = `${id}.example`
    if (before !== undefined) names[name] = before
    return {
      upstream: `http://${name}:${app.port}`,
      requests,
      heal() {
        names[name] = LOCAL
      },
    }
  }

/** An application behind one of several addresses; at the others there is nothing. */
const oneOf =
  (...addresses: string[]): Start =>
  async ({ names, apps }, id) => {
    const { requests, answer } = application()
    const app = await http(answer)
    apps.push(app)
    const name = `${id}.example`
    names[name] = addresses
    return { upstream: `http://${name}:${app.port}`, requests }
  }

/** An application at an address that this machine takes over later. */
const routed =
  (isSilent: boolean): Start =>
  async ({ apps }) => {
    const { requests, answer } = application()
    const address = `198.51.100.${lastAddress++}`
    if (!isSilent) ip('route', 'add', 'unreachable', `${address}/32`)
    const app = await http(answer, '0.0.0.0')
    apps.push(app)
    return {
      upstream: `http://${address}:${app.port}`,
      requests,
      isSilent,
      heal() {
        if (!isSilent) ip('route', 'delete', 'unreachable', `${address}/32`)
        ip('address', 'add', `${address}/32`, 'dev', 'lo')
      },
    }
  }

const refused: Start = async ({ apps }) => {
  const { requests, answer } = application()
  const port = await freePort()
  return { upstream: `http://${LOCAL}:${port}`, requests, heal: async () => apps.push(await http(answer, LOCAL, port)) }
}

const wrongCertificate: Start = async ({ names, ca, apps }, id) => {
  const { requests, answer } = application()
  const name = `${id}.example`
  names[name] = LOCAL
  const server = createTlsServer(await ca.issue({ names: ['another.example'] }), answer)
  const app = await listening(server)
  apps.push(app)
  const right = await ca.issue({ names: [name] })
  return { upstream: `https://${name}:${app.port}`, requests, heal: () => server.setSecureContext(right) }
}

/** Reached by its address, which the certificate is for; the platform's Host is another name. */
const certifiedAddress: Start = async ({ ca, apps }) => {
  const { requests, answer } = application()
  const app = await listening(createTlsServer(await ca.issue({ addresses: [LOCAL] }), answer))
  apps.push(app)
  return { upstream: `https://${LOCAL}:${app.port}`, requests }
}

const ipv6: Start = async ({ apps }) => {
  const { requests, answer } = application()
  const app = await http(answer, '::1').catch(() => undefined)
  if (!app) return undefined
  apps.push(app)
  return { upstream: `http://[::1]:${app.port}`, requests }
}

const brokenHandshake: Start = async ({ names, ca, apps }, id) => {
  const { requests, answer } = application()
  const name = `${id}.example`
  names[name] = LOCAL
  const right = await ca.issue({ names: [name] })
  const before = await raw((socket) => socket.once('data', () => socket.destroy()))
  return {
    upstream: `https://${name}:${before.port}`,
    requests,
    async heal() {
      await before.close()
      apps.push(await listening(createTlsServer(right, answer), LOCAL, before.port))
    },
  }
}

const meets =
  (first: Answer): Start =>
  async ({ apps }) => {
    const { requests, answer } = application(first)
    const app = await http(answer)
    apps.push(app)
    return { upstream: `http://${LOCAL}:${app.port}`, requests }
  }
const status = (code: number) =>
  meets((request, response) => void request.resume().once('end', () => response.writeHead(code).end()))
const bytes = (text: string) => meets(({ socket }) => void socket.end(text))

/** One real server per row of the table in docs/proxy.md. */
export const ROWS: Readonly<Record<string, Start>> = {
  'the name does not resolve': named(undefined),
  'the name server does not answer': named(null),
  'the connection is refused': refused,
  'the host is unreachable': routed(false),
  'packets get lost': routed(true),
  'the certificate is for another name': wrongCertificate,
  'the TLS handshake breaks off': brokenHandshake,
  'its IPv6 address refuses, its IPv4 address does not': oneOf('::1', LOCAL),
  'packets to one of its addresses get lost': oneOf('192.0.2.77', LOCAL, '192.0.2.78'),
  'an IPv6 address': ipv6,
  'a certificate for an address': certifiedAddress,
  'a reset before the response': meets(({ socket }) => void socket.resetAndDestroy()),
  'an end before the response': meets(({ socket }) => void socket.end()),
  'no response in time': meets((request, response) => void setTimeout(() => good(request, response), 2_500)),
  '502': status(502),
  '503': status(503),
  '504': status(504),
  'a listed status': status(429),
  'another status': status(500),
  'part of a header': bytes('HTTP/1.1 200 OK\r\nContent-'),
  'bytes that are not HTTP': bytes('hello\r\n\r\n'),
  'a response that breaks off': bytes('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
}

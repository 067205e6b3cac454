import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { report } from '../support/http.ts'
import { resolveLocally } from '../support/network-namespace.ts'
import { type Service, startService } from '../support/service.ts'
import { tempFolder } from '../support/temp.ts'

/** Addresses of the documentation (RFC 5737) stand for the public internet, 10.9.0.0/16 for the inside. */
export const PUBLIC = Array.from({ length: 9 }, (_, index) => `198.51.100.${10 + index}`)
export const PRIVATE = '10.8.0.1'
const ADMIN = 9464
const INGEST = 8080

export const ip = (...args: string[]): void => {
  execFileSync('ip', args)
}

/** The only network of this process: what is built here. */
export function buildNetwork(): void {
  ip('link', 'set', 'lo', 'up')
  for (const address of [...PUBLIC, PRIVATE]) ip('address', 'add', `${address}/32`, 'dev', 'lo')
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run'])
  resolveLocally()
}

/** How the network of one receiver is broken. */
export type Blindness = 'no route' | 'no resolver' | 'dropped packets'

/** A receiver with its configuration, which can be killed and started again. */
export interface Installation {
  readonly namespace: string
  /** `HOST:PORT` for Prometheus. */
  readonly target: string
  readonly admin: string
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  report(endpoint: string, code: number, message: string): Promise<void>
  /** Repairs the network of a blind one. */
  restoreNetwork(): void
  service(): Service
}

let networks = 0

/** @param blind a receiver in a network namespace of its own, with this fault */
export function installation(
  namespace: string,
  config: Record<string, unknown>,
  { host, blind }: { host: string; blind?: Blindness },
): Installation {
  const space = blind && privateNetwork(namespace, blind)
  const address = space?.address ?? host
  const journal = join(tempFolder(), 'journal.db')
  const whole = {
    outbound: { allow: ['198.51.100.0/24', '10.8.0.0/16', '127.0.0.0/8'] },
    ...config,
    ingest: { host: address, port: INGEST },
    admin: { host: address, port: ADMIN, apiToken: { env: 'API_TOKEN' }, allowedHosts: [address] },
    journal: { url: `sqlite:${journal}` },
  }
  const env = { API_TOKEN: 'stage-token-of-the-admin-api-0123456789', METRICS: '1' }
  let service: Service | undefined
  return {
    namespace,
    target: `${address}:${ADMIN}`,
    admin: `http://${address}:${ADMIN}`,
    async start() {
      service = await startService({ config: whole, env, ...(space && { shell: space.shell }) })
    },
    async stop(signal) {
      await service!.stop(signal)
    },
    async report(endpoint, code, message) {
      await report(`http://${address}:${INGEST}`, { code, endpoint, message }).then(
        (response) => response.text(),
        () => undefined,
      )
    },
    restoreNetwork: () => space?.restore(),
    service: () => service!,
  }
}

/** A network namespace that this process reaches, and that reaches this process only as far as the fault lets it. */
function privateNetwork(name: string, fault: Blindness): { address: string; shell: string; restore(): void } {
  const net = `10.9.${++networks}`
  const [outside, inside] = [`${net}.1`, `${net}.2`]
  const within = (...args: string[]) => ip('netns', 'exec', name, 'ip', ...args)
  ip('netns', 'add', name)
  ip('link', 'add', `v${networks}`, 'type', 'veth', 'peer', 'name', 'out', 'netns', name)
  ip('address', 'add', `${outside}/24`, 'dev', `v${networks}`)
  ip('link', 'set', `v${networks}`, 'up')
  within('link', 'set', 'lo', 'up')
  within('address', 'add', `${inside}/24`, 'dev', 'out')
  within('link', 'set', 'out', 'up')
  const nowhere = `${net}.9`
  if (fault === 'no resolver') within('route', 'add', 'default', 'via', outside)
  if (fault === 'dropped packets') {
    within('neighbour', 'add', nowhere, 'lladdr', '02:00:00:00:00:01', 'dev', 'out')
    within('route', 'add', 'default', 'via', nowhere)
  }
  const resolver = join(tempFolder(), 'resolv.conf')
  const ask = (server: string) => writeFileSync(resolver, `nameserver ${server}\noptions timeout:1 attempts:1\n`)
  ask(fault === 'no resolver' ? nowhere : outside)
  return {
    address: inside,
    shell: `exec ip netns exec ${name} bash -ec 'mount --bind ${resolver} /etc/resolv.conf; exec "$0" "$@"' "$0" "$@"`,
    restore() {
      if (fault === 'no resolver') ask(outside)
      else within('route', 'replace', 'default', 'via', outside)
    },
  }
}

/** What one path of an application answers. */
export type Answer = number | Partial<Record<string, number>>

/** An application that can be taken down (its port refuses) and brought back. */
export interface Application {
  readonly origin: string
  readonly answers: Map<string, Answer>
  up(): Promise<void>
  down(): Promise<void>
}

/** Paths that are not in `answers` are answered 204. */
export async function application(host: string, port: number): Promise<Application> {
  const answers = new Map<string, Answer>()
  const handle: RequestListener = (request, response) => {
    const answer = answers.get(request.url!.split('?')[0]!) ?? 204
    request.resume()
    response.writeHead(typeof answer === 'number' ? answer : (answer[request.method!] ?? 204)).end()
  }
  let server = createServer(handle)
  const it = {
    origin: `http://${host}:${port}`,
    answers,
    up: () => {
      server = createServer(handle)
      return new Promise<void>((resolve) => server.listen(port, host, resolve))
    },
    down: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
  await it.up()
  return it
}

/** What the name servers of all receivers know. */
export const NAMES = {
  'one.example': PUBLIC[0]!,
  'two.example': PUBLIC[1]!,
  'four.example': PUBLIC[3]!,
  'five.example': PUBLIC[4]!,
  'quiet.example': PUBLIC[5]!,
  'seven.example': PUBLIC[6]!,
  'eight.example': PUBLIC[7]!,
}

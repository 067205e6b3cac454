/**
 * The service with one application per row of the table of retries and value of `retry`. Runs in a network and mount
 * namespace of its own (see runInNamespace), and writes a `Scene` as JSON.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { authority } from '../support/certificates.ts'
import { scrape, sum } from '../support/http.ts'
import { keepConnection } from '../support/keep-alive.ts'
import { nameServer } from '../support/name-server.ts'
import { resolveLocally } from '../support/network-namespace.ts'
import { deliver } from '../support/proxy-stage.ts'
import { startService, stopServices } from '../support/service.ts'
import { http } from '../support/sockets.ts'
import { tempFolder, until } from '../support/temp.ts'
import { type Application, ROWS, type Stage } from './retry-rows.ts'
import { MODES } from './stages.ts'

export interface Scene {
  readonly table: Table
  /** Deliveries whose name server was silent and that were answered before one whose name server was not. */
  readonly heldUpBy: number
}
/** By row and value of `retry`. */
type Table = Readonly<Record<string, Readonly<Record<string, Outcome>>>>
export interface Outcome {
  /** 0: no whole answer. */
  readonly status: number
  /** Answered before the fault ended. */
  readonly isAtOnce: boolean
  readonly requests: readonly string[]
  /** What `…_delivery_retries_total` and `…_delivery_attempts_total` count. */
  readonly retries: string
  readonly attempts: string
}

/** Deliveries to an application with a silent name server: more than libuv has threads. */
const SILENT = 64
const IN_FLIGHT = 'webhook_endpoint_deliveries_in_flight'
const CLOSED = 'the connection was closed while idle'
const ip = (...args: string[]) => execFileSync('ip', args)
ip('link', 'set', 'lo', 'up')
// A way out whose packets nobody answers.
ip('link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'nowhere')
ip('address', 'add', '192.0.2.2/24', 'dev', 'out')
for (const device of ['out', 'nowhere']) ip('link', 'set', device, 'up')
ip('neighbour', 'add', '192.0.2.1', 'lladdr', '02:00:00:00:00:01', 'dev', 'out')
ip('route', 'add', 'default', 'via', '192.0.2.1')
resolveLocally(3)

const stage: Stage = { names: {}, ca: await authority('Stage authority'), apps: [] }
const server = await nameServer(stage.names)
const caFile = join(tempFolder(), 'ca.pem')
writeFileSync(caFile, stage.ca.cert)

interface Case {
  readonly row: string
  readonly retry: (typeof MODES)[number]
  readonly endpoint: string
  readonly app: Application
}
const cases: Case[] = []
for (const [index, [row, start]] of Object.entries(ROWS).entries())
  for (const retry of MODES) {
    const endpoint = `${retry}-${index}`
    const app = await start(stage, endpoint)
    if (app) cases.push({ row, retry, endpoint, app })
  }
/** Their idle connections are reset while the proxy cannot notice. */
const idle = await Promise.all(
  MODES.map(async (retry) => {
    const requests: string[] = []
    let close = () => {}
    const app = await http((request, response) => {
      requests.push(String(request.headers['webhook-attempt'] ?? ''))
      close = () => request.socket.destroy()
      request.resume().once('end', () => response.end('good'))
    })
    stage.apps.push(app)
    const it: Application = { upstream: `http://127.0.0.1:${app.port}`, requests }
    return { row: CLOSED, retry, endpoint: `${retry}-idle`, app: it, close: () => close() }
  }),
)

const all: readonly Case[] = [...cases, ...idle]
const silent = await ROWS['the name server does not answer']!(stage, 'silent')
const named = await ROWS['its IPv6 address refuses, its IPv4 address does not']!(stage, 'named')
const others = [
  { endpoint: 'silent', retry: 'none', app: silent! },
  { endpoint: 'named', retry: 'none', app: named! },
]
const routes = [...all, ...others]
const service = await startService({
  env: { NODE_EXTRA_CA_CERTS: caFile },
  config: {
    endpoints: routes.map(({ endpoint: name }) => ({ name, urls: [`https://shop.example/${name}`] })),
    proxy: {
      port: 0,
      routes: routes.map(({ endpoint, retry, app: { upstream } }) => ({
        endpoint,
        path: `/${endpoint}`,
        upstream,
        retry,
        patience: '30s',
        ...(retry === 'idempotent' && { attemptTimeout: '1s', statuses: [429] }),
      })),
    },
  },
})
const origin = `http://127.0.0.1:${service.log().find(({ listener }) => listener === 'proxy')!['port']}`

let answered = 0
const held = Array.from({ length: SILENT }, () => deliver(origin, { path: '/silent' }).then(() => (answered += 1)))
await until('them to be in flight', async () => sum(await scrape(service.admin), IN_FLIGHT) >= SILENT - answered)
await deliver(origin, { path: '/named' })
const heldUpBy = answered
await Promise.all(held)

const status: Record<string, number> = {}
const isAtOnce: Record<string, boolean> = {}
const deliveries = cases.map(async ({ endpoint }) => {
  status[endpoint] = (await deliver(origin, { path: `/${endpoint}` }))?.status ?? 0
})
for (const { retry, endpoint, app } of cases)
  if (retry === 'none' && !app.isSilent) await until(`the answer to ${endpoint}`, () => status[endpoint] !== undefined)
await sleep(1_200)
for (const { endpoint } of cases) isAtOnce[endpoint] = status[endpoint] !== undefined
for (const { app } of cases) await app.heal?.()
await Promise.all(deliveries)

const request = (endpoint: string) => `POST /${endpoint} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`
const platforms = await Promise.all(idle.map(async (it) => ({ ...it, platform: await keepConnection(origin) })))
await Promise.all(platforms.map(({ platform, endpoint }) => platform.request(request(endpoint))))
service.child.kill('SIGSTOP')
await until('the stop', () => /^State:\tT/m.test(readFileSync(`/proc/${service.pid}/status`, 'utf8')))
const answers = platforms.map(({ platform, endpoint }) => platform.request(request(endpoint)))
await sleep(50)
for (const { close } of platforms) close()
await sleep(50)
service.child.kill('SIGCONT')
await Promise.all(answers)
for (const { platform, endpoint } of platforms) {
  status[endpoint] = platform.statuses()[1]!
  platform.socket.destroy()
}

const total = all.length + idle.length + SILENT + 1
const metrics = await until('every delivery to be counted', async () => {
  const text = await scrape(service.admin)
  return sum(text, 'webhook_endpoint_deliveries_total') === total && text
})
/** `VALUES COUNT` of each of the endpoint's series that is not 0. */
const counted = (metric: string, endpoint: string, ...labels: string[]) =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) && line.includes(`endpoint="${endpoint}"`) && !line.endsWith(' 0'))
    .map((line) =>
      [...labels.map((label) => new RegExp(`${label}="([^"]*)"`).exec(line)![1]), line.split(' ').at(-1)].join(' '),
    )
    .sort()
    .join(', ')
const outcomeOf = ({ endpoint, app }: Case): Outcome => ({
  status: status[endpoint]!,
  isAtOnce: isAtOnce[endpoint] ?? true,
  requests: app.requests,
  retries: counted('webhook_endpoint_delivery_retries_total', endpoint, 'reason', 'result'),
  attempts: counted('webhook_endpoint_delivery_attempts_total', endpoint, 'code'),
})
const table = Object.fromEntries(
  Object.entries(Object.groupBy(all, ({ row }) => row)).map(([row, cells]) => [
    row,
    Object.fromEntries(cells!.map((cell) => [cell.retry, outcomeOf(cell)])),
  ]),
)
process.stdout.write(JSON.stringify({ table, heldUpBy } satisfies Scene))
await stopServices()
for (const app of stage.apps) await app.close()
server.close()

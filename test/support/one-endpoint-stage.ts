/**
 * Receivers with a single endpoint each, one at a public and one at a private address, of which something is cut after some good
 * probes. Runs in a network and mount namespace of its own:
 *
 *     unshare --net --mount node test/support/one-endpoint-stage.ts '{"fault":"drop"}'
 *
 * Writes one line of JSON: a `Finding` per receiver.
 */
import { execFileSync } from 'node:child_process'
import { answer, report, scrape } from './http.ts'
import { nameServer } from './name-server.ts'
import { resolveLocally } from './network-namespace.ts'
import { startService, stopServices } from './service.ts'
import { http, type Listening } from './sockets.ts'
import { until } from './temp.ts'

/** A port that is closed; packets that nobody answers; no network; a resolver that has gone. */
export type Fault = 'refused' | 'drop' | 'no_route' | 'no_resolver'

export interface Finding {
  /** After the first failed probe. */
  readonly metrics: string
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
  readonly incident: any
  /** Three quiet times later. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
  readonly later: any
  readonly laterMetrics: string
  /** Once everything works again. */
  readonly recoveredMetrics: string
}

const ADDRESSES = { 'shop.example': '198.51.100.10', 'shop.internal': '10.20.0.10' }
/** The shortest that the configuration allows. */
const INTERVAL = '10s'
const QUIET = 6_000

const { fault } = JSON.parse(process.argv[2]!) as { fault: Fault }
const ip = (...args: string[]) => execFileSync('ip', args)
const connect = (action: 'add' | 'del') => {
  for (const address of Object.values(ADDRESSES)) ip('address', action, `${address}/32`, 'dev', 'lo')
}
const serve = (): Promise<Listening[]> =>
  Promise.all(
    Object.values(ADDRESSES).map((address) => http((_, response) => response.writeHead(204).end(), address, 80)),
  )

ip('link', 'set', 'lo', 'up')
connect('add')
resolveLocally()
let names = await nameServer(ADDRESSES)
let servers = await serve()

async function cut(): Promise<void> {
  if (fault === 'no_resolver') names.close()
  else if (fault === 'refused') await Promise.all(servers.map((server) => server.close()))
  else connect('del')
  if (fault !== 'drop') return
  // A way out whose packets nobody answers, as behind a network policy.
  ip('link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'nowhere')
  ip('address', 'add', '192.0.2.2/24', 'dev', 'out')
  ip('link', 'set', 'out', 'up')
  ip('link', 'set', 'nowhere', 'up')
  ip('neighbour', 'add', '192.0.2.1', 'lladdr', '02:00:00:00:00:01', 'dev', 'out')
  ip('route', 'add', 'default', 'via', '192.0.2.1')
}

async function restore(): Promise<void> {
  if (fault === 'no_resolver') names = await nameServer(ADDRESSES)
  else if (fault === 'refused') servers = await serve()
  else connect('add')
}

const receivers = await Promise.all(
  Object.keys(ADDRESSES).map(async (host) => {
    const service = await startService({
      config: {
        outbound: { allow: ['198.51.100.0/24', '10.20.0.0/16'] },
        incidents: { quietTime: QUIET, goodProbes: 1 },
        endpoints: [{ name: 'orders', urls: [`http://${host}/hooks`], probe: { interval: INTERVAL, timeout: '1s' } }],
      },
    })
    const isUp = async (value: string) =>
      (await scrape(service.admin)).includes(`\nwebhook_endpoint_up{endpoint="orders",vantage="public"} ${value}\n`)
    await until('a good probe', () => isUp('1'), 60_000)
    return { host, service, isUp }
  }),
)
await cut()
const findings = await Promise.all(
  receivers.map(async ({ host, service }): Promise<Omit<Finding, 'recoveredMetrics'>> => {
    await answer(report(service.ingest, { code: 0, endpoint: `http://${host}/hooks`, message: 'Connection timed out' }))
    const read = async () =>
      (await answer(fetch(`${service.admin}/api/v1/incidents?endpoint=orders`))).body.incidents[0]
    const judged = await until('a verdict', async () => {
      const found = await read()
      return found?.verdict && found
    })
    const one = async () => (await answer(fetch(`${service.admin}/api/v1/incidents/${judged.id}`))).body
    const [incident, metrics] = [await one(), await scrape(service.admin)]
    const quietSince = performance.now()
    const later = await until(
      'the end, or three quiet times',
      async () => {
        const found = await one()
        return (found.state === 'closed' || performance.now() - quietSince > 3 * QUIET) && found
      },
      60_000,
    )
    return { incident, metrics, later, laterMetrics: await scrape(service.admin) }
  }),
)
await restore()
const recovered = await Promise.all(
  receivers.map(async ({ service, isUp }) => {
    await until('a good probe again', () => isUp('1'), 60_000)
    return scrape(service.admin)
  }),
)
process.stdout.write(
  `${JSON.stringify(findings.map((finding, at) => ({ ...finding, recoveredMetrics: recovered[at]! })) satisfies Finding[])}\n`,
)
await stopServices()
for (const server of servers) await server.close()
names.close()

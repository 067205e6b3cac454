/**
 * A receiver with or without DNS and egress. Runs in a network and mount namespace of its own, where the only network is
 * what this script builds:
 *
 *     unshare --net --mount node test/support/blind-stage.ts '{"dns":false,"egress":true}'
 *
 * Writes one line of JSON, of the type `Scene`.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { authority } from './certificates.ts'
import { answer, report, scrape } from './http.ts'
import { nameServer } from './name-server.ts'
import { resolveLocally } from './network-namespace.ts'
import { startService, stopServices } from './service.ts'
import { http, rawTls } from './sockets.ts'
import { tempFolder, until } from './temp.ts'

export interface Scene {
  /** By endpoint. */
  readonly open: Readonly<Record<string, Page>>
  readonly metrics: string
  /** By endpoint; how it ended, where it was waited for. */
  readonly resolutions: Readonly<Record<string, string>>
}

export interface Page {
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
  readonly json: any
  readonly text: string
  readonly html: string
}

const SHOP = '198.51.100.10'
const REFUNDS = '198.51.100.11'
const STATUS = '198.51.100.20'
const NAMES = { 'shop.example': SHOP, 'refunds.example': REFUNDS, 'status.example': STATUS }
/** Reports of a storm. */
const STORM = 250

const { dns, egress } = JSON.parse(process.argv[2]!) as { dns: boolean; egress: boolean }
const ip = (...args: string[]) => execFileSync('ip', args)

const folder = tempFolder()
ip('link', 'set', 'lo', 'up')
if (egress) for (const address of Object.values(NAMES)) ip('address', 'add', `${address}/32`, 'dev', 'lo')
else {
  // A way out whose packets nobody answers, as behind a network policy.
  ip('link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'nowhere')
  ip('address', 'add', '192.0.2.2/24', 'dev', 'out')
  ip('link', 'set', 'out', 'up')
  ip('link', 'set', 'nowhere', 'up')
  ip('neighbour', 'add', '192.0.2.1', 'lladdr', '02:00:00:00:00:01', 'dev', 'out')
  ip('route', 'add', 'default', 'via', '192.0.2.1')
}
resolveLocally()
const names = dns ? await nameServer(NAMES) : undefined

const ca = await authority('Stage authority')
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, ca.cert)
const servers = egress
  ? [
      await expiredShop(),
      await http((_, response) => response.writeHead(503).end(), REFUNDS, 80),
      await http((_, response) => response.writeHead(204).end(), STATUS, 80),
    ]
  : []

const probe = { timeout: '2s' }
const service = await startService({
  config: {
    outbound: { allow: ['198.51.100.0/24'], reference: 'http://status.example/' },
    incidents: { quietTime: '20s', goodProbes: 1 },
    endpoints: [
      { name: 'orders', event: 'order.created', urls: ['https://shop.example/hooks'], probe: { ...probe, caFile } },
      { name: 'refunds', event: 'order.refunded', urls: ['http://refunds.example/hooks'], probe },
      { name: 'menu', event: 'menu.updated', urls: ['http://gone.example/hooks'], probe },
    ],
  },
})
const tell = (code: number, endpoint: string, message: string) =>
  answer(report(service.ingest, { code, endpoint, message }))
for (let sent = 0; sent < STORM; sent += 1) await tell(503, 'http://refunds.example/hooks', 'Service Unavailable')
await tell(503, 'http://gone.example/hooks', 'Service Unavailable')
await tell(60, 'https://shop.example/hooks', 'SSL certificate problem: certificate has expired')

const open: Record<string, Page> = {}
for (const endpoint of ['orders', 'refunds', 'menu']) {
  const { id } = await until(`the verdict on ${endpoint}`, async () => {
    const { body } = await answer(fetch(`${service.admin}/api/v1/incidents?state=open&endpoint=${endpoint}`))
    const [incident] = body.incidents
    return incident?.verdict && incident
  })
  const read = async (accept: string) =>
    (await fetch(`${service.admin}/api/v1/incidents/${id}`, { headers: { Accept: accept } })).text()
  open[endpoint] = {
    json: JSON.parse(await read('application/json')),
    text: await read('text/plain'),
    html: await read('text/html'),
  }
}
const metrics = await scrape(service.admin)

const resolutions: Record<string, string> = {}
// A name that does not exist is a failure that a receiver without egress can see.
if (!dns || !egress)
  for (const endpoint of Object.keys(open).filter((name) => !dns || name !== 'menu'))
    resolutions[endpoint] = await until(
      `${endpoint} to close`,
      async () => {
        const { body } = await answer(fetch(`${service.admin}/api/v1/incidents?state=closed&endpoint=${endpoint}`))
        return body.incidents[0]?.end.sentence
      },
      90_000,
    )

process.stdout.write(`${JSON.stringify({ open, metrics, resolutions } satisfies Scene)}\n`)
await stopServices()
for (const server of servers) await server.close()
names?.close()

async function expiredShop() {
  const certificate = await ca.issue({
    names: ['shop.example'],
    notBefore: new Date(Date.now() - 90 * 86_400_000),
    notAfter: new Date(Date.now() - 40 * 60_000),
  })
  return rawTls(certificate, (socket) => socket.end(), SHOP, 443)
}

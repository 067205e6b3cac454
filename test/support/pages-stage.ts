import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { authority } from './certificates.ts'
import { HOSTILE_TEXT } from './hostile-text.ts'
import { answer, report } from './http.ts'
import { type Service, startService } from './service.ts'
import { rawTls } from './sockets.ts'
import { tempFolder, until } from './temp.ts'

export const TOKEN = 'api-token-of-the-pages-0123456789'
export const BASIC = { Authorization: `Basic ${Buffer.from(`anyone:${TOKEN}`).toString('base64')}` }

export type Journal = 'empty' | 'normal' | 'hostile'

export interface PagesStage {
  readonly service: Service
  /** Every page that the journal has something to show on, and the list pages. */
  readonly paths: readonly string[]
  close(): Promise<void>
}

/** The service with a token, and with a journal in which nothing, or a night's incident, or hostile text stands. */
export async function openPagesStage(journal: Journal): Promise<PagesStage> {
  const ca = await authority('Shop CA')
  const expired = await rawTls(
    await ca.issue(
      journal === 'hostile'
        ? { subject: HOSTILE_TEXT }
        : {
            names: ['localhost'],
            notBefore: new Date(Date.now() - 90 * DAY),
            notAfter: new Date(Date.now() - 40 * 60_000),
          },
    ),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  )
  const caFile = join(tempFolder(), 'ca.pem')
  writeFileSync(caFile, ca.cert)
  const service = await startService({
    config: {
      admin: { apiToken: { env: 'API_TOKEN' }, traceUrl: 'https://tempo.example/trace/{traceId}' },
      sources: { retm: { auth: 'none' } },
      outbound: { allow: ['127.0.0.1', '::1'] },
      endpoints:
        journal === 'empty'
          ? []
          : endpoints(`https://localhost:${expired.port}/hooks/orders`, caFile, journal === 'hostile'),
    },
    env: { API_TOKEN: TOKEN },
  })
  const ids = journal === 'empty' ? [] : await fill(service, journal)
  const name = journal === 'hostile' ? HOSTILE_URL : 'orders'
  return {
    service,
    paths: [
      '/',
      '/incidents',
      '/failures',
      '/status',
      '/incidents/none',
      ...(journal === 'empty' ? [] : [`/incidents/${ids[0]}`, `/failures/${ids[0]}`, `/endpoints/orders`]),
      ...(journal === 'hostile'
        ? [`/incidents/${ids.at(-1)}`, `/failures/${ids.at(-1)}`, `/endpoints/${encodeURIComponent(name)}`]
        : []),
    ],
    close: () => expired.close(),
  }
}

const DAY = 86_400_000
/** 8 KiB without a space, and markup. */
export const LONG = `<b>${'x'.repeat(8_000)}`
const HOSTILE_URL = `https://evil.example/%3Cscript%3E/${'a'.repeat(180)}`

const endpoints = (url: string, caFile: string, isHostile: boolean) => [
  {
    name: 'orders',
    event: isHostile ? HOSTILE_TEXT.slice(0, 100) : 'order.created',
    team: isHostile ? HOSTILE_TEXT.slice(-100) : 'shop',
    urls: ['https://shop.example/hooks/orders'],
    // It fails by the certificate, never by the time that it takes on a busy machine.
    probe: { url, caFile, timeout: '30s' },
  },
  { name: 'customers/new', team: 'crm', severity: 'warning', urls: ['https://shop.example/hooks/customers'] },
  { name: 'invoices', event: 'invoice.created', urls: ['https://shop.example/hooks/invoices'] },
]

async function fill(service: Service, journal: 'normal' | 'hostile'): Promise<string[]> {
  const isHostile = journal === 'hostile'
  const send = async (code: number, endpoint: string, message: string) =>
    (await answer(report(service.ingest, { code, endpoint, message }))).body.id as string
  const ids = [
    await send(
      60,
      'https://shop.example/hooks/orders',
      isHostile ? HOSTILE_TEXT : 'SSL certificate problem: certificate has expired',
    ),
    await send(
      60,
      'https://shop.example/hooks/orders',
      isHostile ? LONG : 'SSL certificate problem: certificate has expired',
    ),
    await send(
      503,
      'https://shop.example/hooks/customers',
      isHostile ? `"><img src=x onerror=alert(1)>` : 'Service Unavailable',
    ),
  ]
  if (isHostile) {
    ids.push(await send(500, HOSTILE_TEXT, HOSTILE_TEXT))
    ids.push(await send(500, HOSTILE_URL, LONG))
  }
  await until('the verdict of a probe', async () => {
    const { body } = await answer(
      fetch(`${service.admin}/api/v1/incidents/${ids[0]}`, { headers: { ...BASIC, Accept: 'application/json' } }),
    )
    return body.verdict?.vantage
  })
  return ids
}

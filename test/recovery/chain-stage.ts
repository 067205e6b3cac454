import { http } from '../support/sockets.ts'

const PAGE = 25

export interface Invoice {
  readonly reference: string
  readonly timestamp: string
}

/** The application behind the endpoint: it stores deliveries by reference, and honours idempotency keys. */
export async function application() {
  const stored = new Map<string, number>()
  const keys = new Map<string, number>()
  let isDown = false
  let restored = 0
  const store = (reference: string) => stored.set(reference, (stored.get(reference) ?? 0) + 1)
  const server = await http(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    if (isDown) return void response.writeHead(503).end()
    // A probe of the endpoint.
    if (request.method !== 'POST') return void response.writeHead(204).end()
    const { reference } = JSON.parse(text)
    const key = request.headers['idempotency-key']
    if (typeof key !== 'string') {
      store(reference)
      return void response.writeHead(200).end()
    }
    const status = keys.get(key) ?? (stored.has(reference) ? 409 : 201)
    if (!keys.has(key) && status === 201) {
      store(reference)
      restored++
    }
    keys.set(key, status)
    response.writeHead(status).end()
  })
  const url = `http://127.0.0.1:${server.port}/hooks/orders`
  return {
    url,
    stored,
    restored: () => restored,
    fail: (down: boolean) => {
      isDown = down
    },
    close: () => server.close(),
  }
}

/** RETM's API: invoices in pages, one token per tenant. A tenant that is refused gets 401. */
export async function platform(invoices: ReadonlyMap<string, readonly Invoice[]>) {
  const refused = new Set<string>()
  let requests = 0
  const server = await http((request, response) => {
    requests++
    const url = new URL(request.url!, 'http://retm')
    const [, tenant = '', ...path] = url.pathname.split('/')
    const isKnown = request.headers.authorization === `Bearer token-of-${tenant}` && !refused.has(tenant)
    if (!isKnown || path.join('/') !== 'api/v2/invoices/list') return void response.writeHead(isKnown ? 404 : 401).end()
    const all = invoices.get(tenant)!
    const page = Number(url.searchParams.get('page') ?? 1)
    const last = Math.ceil(all.length / PAGE)
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.end(
      JSON.stringify({
        data: all.slice((page - 1) * PAGE, page * PAGE),
        meta: { current_page: page, last_page: last },
      }),
    )
  })
  return {
    url: `http://127.0.0.1:${server.port}/{tenant}`,
    refused,
    requests: () => requests,
    close: () => server.close(),
  }
}

import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import type {
  AttemptCode,
  DeliveryCode,
  DeliveryMetrics,
  DeliveryResult,
  OtherReason,
} from '../../src/domain/report/delivery.ts'
import { listen } from '../../src/http/shared/listener.ts'
import { createProxy, type ProxyDeps, type Route } from '../../src/proxy/proxy.ts'

type Ended = Parameters<DeliveryMetrics['deliveryEnded']>[0]

export interface ProxyStage {
  readonly origin: string
  readonly ended: readonly Ended[]
  readonly attempts: readonly { readonly ok: boolean; readonly code: AttemptCode }[]
  readonly results: readonly DeliveryResult[]
  /** Why requests were no deliveries. */
  readonly others: readonly OtherReason[]
  readonly faults: readonly unknown[]
  inFlight(): number
  /** Codes of the deliveries that ended, and what became of their retries. */
  codes(): DeliveryCode[]
  retries(): string[]
  stop(): Promise<void>
}

/** The proxy behind the service's own listener, in this process, with one route unless more are given. */
export async function startProxyStage(
  routes: Partial<Route> | readonly Route[],
  overrides: Partial<ProxyDeps> = {},
): Promise<ProxyStage> {
  const all: readonly Route[] = Array.isArray(routes)
    ? (routes as readonly Route[])
    : [
        {
          endpoint: 'orders',
          path: '/hooks/*',
          upstream: 'http://127.0.0.1:1',
          patience: 1_000,
          methods: ['POST', 'PUT', 'PATCH', 'GET', 'HEAD'],
          // Everything is the platform's.
          recognize: () => ({ identifies: true, update() {}, holds: () => true }),
          retry: 'none' as const,
          statuses: [],
          ...(routes as Partial<Route>),
        },
      ]
  const ended: Ended[] = []
  const attempts: { ok: boolean; code: AttemptCode }[] = []
  const results: DeliveryResult[] = []
  const others: OtherReason[] = []
  const faults: unknown[] = []
  let inFlight = 0
  const noSpan = {
    traceId: null,
    sampled: false,
    traceparent: null,
    attempt: () => ({ end() {} }),
    delivery: () => null,
    end() {},
  }
  const proxy = createProxy({
    routes: all,
    metrics: {
      requestBegun() {
        inFlight += 1
      },
      attempted: ({ ok, code }) => attempts.push({ ok, code }),
      deliveryEnded(delivery) {
        inFlight -= 1
        ended.push(delivery)
      },
      otherEnded(_, reason) {
        inFlight -= 1
        others.push(reason)
      },
    },
    tracing: { request: () => noSpan },
    onDelivery: (result) => results.push(result),
    onFault: (error) => faults.push(error),
    clock: Date.now,
    ...overrides,
  })
  const listener = await listen({
    name: 'proxy',
    host: '127.0.0.1',
    port: 0,
    maxConnections: 2_000,
    keepAliveTimeout: 75_000,
    grace: 0,
    maxHeaderSize: 32_768,
    requestTimeout: 60_000,
    handler: proxy.handler,
  })
  return {
    origin: `http://127.0.0.1:${listener.address.port}`,
    ended,
    attempts,
    results,
    others,
    faults,
    inFlight: () => inFlight,
    codes: () => ended.map(({ code }) => code),
    retries: () => ended.flatMap(({ retry }) => (retry ? [`${retry.reason} ${retry.result}`] : [])),
    async stop() {
      await listener.close(0)
      await proxy.close()
    },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly trailers: IncomingMessage['trailers']
  readonly body: Buffer
}

const agent = new Agent({ keepAlive: true, maxSockets: 512 })

/** Sends a delivery as a platform does. @returns its answer; undefined if the connection ended before a whole one */
export function deliver(
  origin: string,
  {
    method = 'POST',
    path = '/hooks/orders',
    headers = {},
    body = '{"order":1}',
    signal,
  }: {
    method?: string
    path?: string
    headers?: OutgoingHttpHeaders
    body?: string | Uint8Array | AsyncIterable<Uint8Array>
    signal?: AbortSignal
  } = {},
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(
      `${origin}${path}`,
      { method, headers, agent, ...(signal && { signal }) },
      async (incoming) => {
        const chunks: Buffer[] = []
        try {
          for await (const chunk of incoming) chunks.push(chunk as Buffer)
        } catch {
          resolve(undefined)
          return
        }
        resolve({
          status: incoming.statusCode!,
          headers: incoming.headers,
          rawHeaders: incoming.rawHeaders,
          trailers: incoming.trailers,
          body: Buffer.concat(chunks),
        })
      },
    ).on('error', () => resolve(undefined))
    if (typeof body === 'string' || body instanceof Uint8Array) {
      outgoing.end(['GET', 'HEAD'].includes(method) && body === '{"order":1}' ? undefined : body)
      return
    }
    void (async () => {
      for await (const chunk of body)
        if (!outgoing.write(chunk)) await new Promise((next) => outgoing.once('drain', next))
      outgoing.end()
    })()
  })
}

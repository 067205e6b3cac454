import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Deadlines } from '../deadlines.ts'
import type { Tracing } from '../domain/ports/telemetry.ts'
import type { DeliveryMetrics, DeliveryResult, RetryReason } from '../domain/report/delivery.ts'
import { memoize } from '../domain/text/memoize.ts'
import { randomHex } from '../random-hex.ts'
import { answer } from './answers.ts'
import { createCopySpace } from './copies.ts'
import { Delivery } from './delivery.ts'
import { DELIVERY_LIMIT, type DeliveryContext } from './delivery-context.ts'
import { isOk } from './delivery-end.ts'
import { hasPassed, requestHeaders } from './headers.ts'
import { claimOf, pathOf, type Route, routeFinder } from './routes.ts'
import { startSpan } from './safe-span.ts'
import { isTraceparent, newTraceparent } from './trace-context.ts'
import { createUpstream, type Upstream } from './upstream.ts'

export type { Route } from './routes.ts'

export interface ProxyDeps {
  readonly routes: readonly Route[]
  readonly metrics: DeliveryMetrics
  readonly tracing: Pick<Tracing, 'request'>
  /** Called once per delivery with what the platform saw. May throw: no delivery depends on it. */
  readonly onDelivery: (result: DeliveryResult) => void
  /** An internal fault, which has cost no delivery if it could be helped. */
  readonly onFault: (error: unknown) => void
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Whether the forwarding headers of this peer are its own; by default nobody's are. */
  readonly isTrusted?: (address: string) => boolean
  readonly limits?: ProxyLimits
}

export interface ProxyLimits {
  /** Milliseconds: the most that a delivery may take; 60 s by default. */
  readonly delivery?: number
  /** Bytes that all copies of requests may take together; 64 MiB by default. */
  readonly copies?: number
}

export interface Proxy {
  /** Passes requests on. It never throws. */
  readonly handler: RequestListener
  /** Ends the connections to the applications, once no delivery is in flight. */
  close(): Promise<void>
}

/** The reverse proxy. It connects to the upstreams of its routes and to nothing else. */
export function createProxy(deps: ProxyDeps): Proxy {
  const upstreams = new Map<string, Upstream>()
  const upstreamOf = (url: string): Upstream => {
    const { origin } = new URL(url)
    const known = upstreams.get(origin) ?? createUpstream(origin)
    upstreams.set(origin, known)
    return known
  }
  const by = `_${randomHex(8)}`
  const space = createCopySpace(deps.limits?.copies)
  const deadlines = new Deadlines(deps.limits?.delivery ?? DELIVERY_LIMIT)

  /** Telemetry and incidents are no part of a delivery: anything they throw is only reported. */
  const safely = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      onFault(error)
    }
  }
  const onFault = (error: unknown): void => {
    try {
      deps.onFault(error)
    } catch {}
  }

  const contextOf = (route: Route): DeliveryContext => {
    const { endpoint } = route
    const upstream = upstreamOf(route.upstream)
    const nameOf = memoize((method) => `${method} ${route.path}`)
    return {
      route,
      upstream,
      space,
      deadlines,
      onEnd({ method, code, ok, seconds, retry, attempts, other }, span) {
        const status = typeof code === 'number' ? code : 0
        const isWhole = typeof code === 'number'
        span.end(isWhole ? { status } : { status, errorType: code })
        if (other) {
          safely(() => deps.metrics.otherEnded(endpoint, other))
          return
        }
        for (const each of attempts) safely(() => deps.metrics.attempted({ endpoint, ok: isOk(each), code: each }))
        const ended = { endpoint, ok, code, seconds }
        const at = deps.clock()
        const startedAt = at - 1_000 * seconds
        const delivered = { endpoint, route: nameOf(method), ok, code: status, startedAt, at }
        safely(() => deps.metrics.deliveryEnded(retry ? { ...ended, retry: resultOf(retry, ok) } : ended))
        safely(() => deps.onDelivery(isWhole ? delivered : { ...delivered, ending: code }))
      },
      onFault,
    }
  }
  const find = routeFinder(deps.routes.map((route) => ({ path: route.path, context: contextOf(route) })))

  const targetOf = memoize((target) => {
    const path = pathOf(target)
    return { path, context: path === undefined ? undefined : find(path)?.context }
  })

  function deliver(request: IncomingMessage, response: ServerResponse): void {
    const { path, context: found } = targetOf(request.url ?? '')
    const refusal =
      path === undefined ? 'bad_target' : request.method === 'TRACE' ? 'bad_method' : !found ? 'no_route' : undefined
    if (!found || refusal || hasPassed(request, by)) {
      request.resume()
      answer(response, refusal ?? 'loop')
      return
    }
    const { route } = found
    const { headers, socket } = request
    const traceparent = String(headers['traceparent'] ?? '')
    const isTraced = isTraceparent(traceparent)
    const span = startSpan(
      deps.tracing,
      {
        method: request.method ?? '',
        path: path ?? '/',
        route: route.path,
        endpoint: route.endpoint,
        traceparent: isTraced ? traceparent : '',
        clientAddress: socket.remoteAddress,
        userAgent: headers['user-agent'],
      },
      safely,
    )
    const delivery = new Delivery(found, request, response, {
      span,
      claim: claimOf(route, request),
      headers: requestHeaders(request, {
        address: socket.remoteAddress,
        isEncrypted: false,
        by,
        isTrusted: socket.remoteAddress !== undefined && deps.isTrusted?.(socket.remoteAddress) === true,
        traceparent: isTraced ? undefined : (span.traceparent ?? newTraceparent()),
      }),
    })
    safely(() => deps.metrics.requestBegun(route.endpoint))
    delivery.start()
  }

  /** In the turn after the header was parsed: bytes received with it have been parsed by then. */
  function deliverOnce(request: IncomingMessage, response: ServerResponse): void {
    // The listener may have refused what followed the header.
    if (response.writableEnded || response.destroyed) return
    try {
      deliver(request, response)
    } catch (error) {
      onFault(error)
      if (!answer(response, 'internal')) response.destroy()
    }
  }

  return {
    handler: (request, response) => process.nextTick(deliverOnce, request, response),
    close: async () => {
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()))
    },
  }
}

const resultOf = ({ reason, wasMade }: { reason: RetryReason; wasMade: boolean }, ok: boolean) =>
  ({ reason, result: wasMade ? (ok ? 'saved' : 'failed') : 'not_allowed' }) as const

import type { Attributes, Link } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import type { DeliveryDetails, Tracing } from '../domain/ports/telemetry.ts'
import { canonicalUrl } from '../domain/report/canonical-url.ts'
import type { Failure } from '../domain/report/failure.ts'
import { visibleText } from '../domain/text/external-text.ts'
import { memoize } from '../domain/text/memoize.ts'
import { safeMessage } from '../domain/text/safe-message.ts'

type About = Parameters<Tracing['request']>[0]

// The methods of RFC 9110 and RFC 5789: another one would make names and attributes of any kind.
export const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
])
const bounded = (text: string) => visibleText(text, 1_024)
/** What a client says of itself, with credentials masked. Senders repeat the few texts that they have. */
const masked = memoize((text) => bounded(safeMessage(text, 1_024)))

/** OpenTelemetry semantic conventions, HTTP server spans. */
export function spanName({ method, route }: About): string {
  const known = METHODS.has(method) ? method : 'HTTP'
  return route ? `${known} ${route}` : known
}

/** OpenTelemetry semantic conventions, HTTP server spans. */
export function requestAttributes(
  about: About,
  answer: { readonly status: number; readonly errorType: string | undefined },
): Attributes {
  const { method, route, path, endpoint, clientAddress, userAgent } = about
  return {
    'http.request.method': METHODS.has(method) ? method : '_OTHER',
    ...(METHODS.has(method) ? {} : { 'http.request.method_original': masked(method) }),
    ...(route && { 'http.route': route }),
    ...(endpoint !== undefined && { 'webhook.endpoint': bounded(endpoint) }),
    'url.path': route === path ? path : safePath(path),
    'url.scheme': 'http',
    ...(clientAddress && { 'client.address': clientAddress }),
    ...(userAgent && { 'user_agent.original': masked(userAgent) }),
    ...(answer.status >= 100 && { 'http.response.status_code': answer.status }),
    ...(answer.errorType && { 'error.type': answer.errorType }),
  }
}

/** An unknown path, or one below a route, may contain anything, including a token. */
const safePath = (path: string): string => canonicalUrl(`http://x${path}`)?.slice('http://x'.length) ?? '/{id}'

/**
 * The sender's span (W3C Trace Context); none where the header is absent or malformed. Without its `tracestate`: what is
 * opaque to everyone but a vendor cannot be told from a credential.
 */
export function senderLinks({ traceparent }: About): Link[] {
  const context = traceparent ? parseTraceParent(traceparent) : null
  return context ? [{ context: { ...context, isRemote: true } }] : []
}

/** What failed, in the words of OpenTelemetry's conventions where they have one. All of it is free of secrets already. */
export function deliveryAttributes(failure: Failure, { httpStatus, attempts }: DeliveryDetails): Attributes {
  return {
    'error.type': failure.cause,
    ...(httpStatus !== undefined && { 'http.response.status_code': httpStatus }),
    ...targetOf(failure.url),
    'webhook.source': failure.source,
    'webhook.endpoint': bounded(failure.endpoint),
    ...(failure.tenant && { 'webhook.tenant': bounded(failure.tenant) }),
    'webhook.error.code': failure.code,
    'webhook.failure.id': failure.id,
    ...(attempts !== undefined && { 'webhook.delivery.attempts': attempts }),
  }
}

/** Reports of one outage have few URLs, and parsing one costs as much as all else here. Do not change the result. */
const targetOf = memoize(target)

/** Where the delivery was to go. A canonical URL has `{id}` where it hides a segment: then its path is a template. */
export function target(text: string): Attributes {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return {}
  const path = text.replace(/^[^/]*\/\/[^/]*/, '')
  return {
    'server.address': url.hostname.replace(/^\[|\]$/g, ''),
    'server.port': url.port ? Number(url.port) : url.protocol === 'https:' ? 443 : 80,
    ...(path.includes('{') ? { 'url.template': bounded(path) } : { 'url.full': bounded(text) }),
  }
}

import { type Context, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { AttemptSpan } from '../domain/ports/telemetry.ts'
import { visibleText } from '../domain/text/external-text.ts'
import { METHODS, target } from './span-attributes.ts'

/**
 * One attempt of the proxy to deliver (OpenTelemetry semantic conventions, HTTP client spans). Only the upstream's origin
 * is named: the path is in the SERVER span above.
 * @param number 1 for the first attempt
 */
export function attemptSpan(
  tracer: Tracer,
  parent: Context,
  about: {
    readonly url: string
    readonly method: string
    readonly number: number
    readonly endpoint: string | undefined
  },
): AttemptSpan {
  const method = METHODS.has(about.method) ? about.method : 'HTTP'
  const { 'server.address': address, 'server.port': port } = target(about.url)
  const span = tracer.startSpan(
    method,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': METHODS.has(about.method) ? about.method : '_OTHER',
        ...(address !== undefined && { 'server.address': address }),
        ...(port !== undefined && { 'server.port': port }),
        ...(about.endpoint !== undefined && { 'webhook.endpoint': about.endpoint }),
        ...(about.number > 1 && { 'http.request.resend_count': about.number - 1 }),
      },
    },
    parent,
  )
  return {
    end({ status, errorType, message }) {
      if (status !== undefined) span.setAttribute('http.response.status_code', status)
      const type = errorType ?? (status !== undefined && status >= 400 ? String(status) : undefined)
      if (type !== undefined) {
        span.setAttribute('error.type', type)
        span.setStatus({ code: SpanStatusCode.ERROR, ...(message && { message: visibleText(message, 256) }) })
      }
      span.end()
    },
  }
}

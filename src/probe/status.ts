import type { Cause } from '../domain/cause.ts'

/** How a status that is not up is read; the rest by its class. */
const CAUSES: Readonly<Record<number, Cause>> = {
  401: 'authentication',
  403: 'authentication',
  404: 'not_found',
  407: 'authentication',
  408: 'timeout',
  410: 'not_found',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
  // Cloudflare, in front of an origin in trouble.
  520: 'unavailable',
  521: 'unavailable',
  522: 'unavailable',
  523: 'unavailable',
  524: 'timeout',
  525: 'tls',
  526: 'tls',
}

/** @param status of an answer that is not up */
export function statusCause(status: number): Cause {
  const known = CAUSES[status]
  if (known) return known
  if (status >= 300 && status < 400) return 'redirect'
  if (status >= 400 && status < 500) return 'rejected'
  if (status >= 500 && status < 600) return 'server_error'
  return status >= 200 && status < 300 ? 'unknown' : 'protocol'
}

/** Answers that tell nothing of a webhook's health, though they are errors in a client's eyes. */
const DOWN_4XX = new Set([407, 408, 410, 429])

/**
 * Whether an answer is one of a healthy endpoint. A webhook wants a signed POST: that it refuses a bare HEAD with 401,
 * 403, 405 or 422 shows that it is there and checks.
 * @param expect where given, it alone decides
 */
export function isUp(status: number, expect: readonly (number | string)[] | undefined): boolean {
  if (expect) return expect.some((entry) => entry === status || entry === `${Math.floor(status / 100)}xx`)
  return (status >= 200 && status < 300) || (status >= 400 && status < 500 && !DOWN_4XX.has(status))
}

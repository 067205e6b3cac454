import type { Cause } from '../cause.ts'

const OWN: Record<number, Cause> = {
  401: 'authentication',
  403: 'authentication',
  407: 'authentication',
  404: 'not_found',
  410: 'not_found',
  408: 'timeout',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
}
export function classify({ code }: { code: number; message: string }): { cause: Cause; httpStatus?: number } {
  if (code < 200 || code > 599) return { cause: 'unknown' }
  const cause =
    OWN[code] ?? (code >= 500 ? 'server_error' : code >= 400 ? 'rejected' : code >= 300 ? 'redirect' : 'unknown')
  return { cause, httpStatus: code }
}

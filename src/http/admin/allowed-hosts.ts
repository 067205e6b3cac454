import { isIP } from 'node:net'
import type { Context, Middleware } from 'koa'
import { AppError } from '../../errors.ts'

export interface AllowedHostsOptions {
  readonly allowedHosts?: readonly string[]
  readonly externalUrl?: string
}

/**
 * Serves only hosts that our own clients use. A web page on a domain that was made to resolve to this address
 * (DNS rebinding) could otherwise read everything here: its requests carry its own domain as Host.
 */
export function serveAllowedHosts({ allowedHosts = [], externalUrl }: AllowedHostsOptions): Middleware {
  const own = new Set(allowedHosts.map(normalized))
  if (externalUrl !== undefined) own.add(normalized(new URL(externalUrl).hostname))
  return (ctx, next) => {
    const host = hostOf(ctx)
    if (host === '' || isPrivate(host) || own.has(host)) return next()
    const name = /^[a-z0-9._-]{1,253}$/.test(host) ? host : 'this host'
    throw new AppError(
      'misdirected_request',
      `${name} is not served here; if people or programs reach the admin listener under it, add it to admin.allowedHosts or set admin.externalUrl`,
    )
  }
}

/** The host that is asked for, without its port; empty if the request names none, which only HTTP/1.0 allows. */
function hostOf({ req }: Context): string {
  const authority = (req.headers.host ?? '').trim()
  return normalized(isIP(authority) ? authority : authority.replace(/^.*@/, '').replace(/:\d*$/, ''))
}

/** Lower case, without the brackets of an IPv6 address and the final dot of a complete name. */
const normalized = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')

/** Addresses, and names that no outsider can make resolve to this listener. */
function isPrivate(host: string): boolean {
  return isIP(host) !== 0 || !host.includes('.') || /^[a-z0-9._-]+\.(localhost|svc|cluster\.local)$/.test(host)
}

import type { Context, Middleware } from 'koa'
import { AppError } from '../../errors.ts'
import type { Credentials } from '../shared/credentials.ts'

type ApiToken = Pick<Credentials, 'verify'>

/** RFC 7617: any user name, the token as the password. */
function passwordOf(authorization: string): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization)?.[1]
  const pair = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString()
  return /^[^:]*:([\x21-\x7e]+)$/s.exec(pair)?.[1]
}

/**
 * Lets in a request with the token, as Bearer (RFC 6750) or as the password of Basic, which browsers send by themselves,
 * also from foreign pages: so it only opens what reads, and forms that check where they come from.
 */
export function readerGuard(token: ApiToken | undefined): Middleware {
  return (ctx, next) => {
    verify(ctx, token)
    return next()
  }
}

/** As `readerGuard`; a browser that has no token is asked for one. */
export function pageGuard(token: ApiToken | undefined): Middleware {
  return (ctx, next) => {
    try {
      verify(ctx, token)
    } catch (error) {
      ctx.state['asksForPassword'] = true
      throw error
    }
    return next()
  }
}

function verify(ctx: Context, token: ApiToken | undefined): void {
  if (!token) return
  const authorization = ctx.get('Authorization')
  const password = passwordOf(authorization)
  token.verify(password === undefined ? authorization || undefined : `Bearer ${password}`)
}

export interface OwnSite {
  readonly allowedHosts?: readonly string[]
  readonly externalUrl?: string
}

/**
 * Takes a form only from our own pages. Browsers say where a request comes from: in Sec-Fetch-Site over https and on
 * localhost, else in Origin. Hosts have been checked before, see `serveAllowedHosts`.
 */
export function sameOrigin({ allowedHosts = [], externalUrl }: OwnSite): Middleware {
  const hosts = new Set(allowedHosts.map((host) => host.toLowerCase()))
  const own = externalUrl === undefined ? undefined : new URL(externalUrl).origin
  const isOwn = (origin: string, host: string): boolean => {
    const url = URL.parse(origin)
    return url !== null && (url.origin === own || url.host === host || hosts.has(url.hostname))
  }
  return (ctx, next) => {
    const site = ctx.get('Sec-Fetch-Site')
    const origin = ctx.get('Origin')
    const isSame = site === '' ? origin !== '' && isOwn(origin, ctx.get('Host').toLowerCase()) : site === 'same-origin'
    if (!isSame) {
      throw new AppError(
        'forbidden',
        'this form is taken only from a page of this service, and the request does not say that it comes from one; use POST /api/v1/incidents/ID/resolve',
      )
    }
    return next()
  }
}

import { BlockList, isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { hmacFaults } from '../sources/auth/faults.ts'
import { collide } from './listeners.ts'
import type { Config } from './schema.ts'

type IsSound = (...keys: string[]) => boolean
type Proxy = NonNullable<Config['proxy']>
type Listeners = Pick<Config, 'ingest' | 'admin'> & { readonly proxy: Proxy }

/**
 * What no schema sees in the section `proxy`: unknown endpoints, routes that are or may be the same, upstreams that are
 * our own listeners, and settings that have no effect.
 * @returns a line for each fault
 */
export function proxyFaults({ proxy, ingest, admin, endpoints }: Config, isSound: IsSound): string[] {
  if (!proxy) return []
  const names = new Set(endpoints.flatMap((endpoint) => endpoint?.name ?? []))
  const routes = [...(proxy.routes ?? []).entries()].filter(([, route]) => route !== null)
  return [
    ...(isSound('proxy.host', 'proxy.port') ? portFaults({ proxy, ingest, admin }, isSound) : []),
    ...routes.flatMap(([index, route]) => {
      const place = `proxy.routes[${index}]`
      const known = route.endpoint === undefined || names.has(route.endpoint)
      return [
        ...(known
          ? []
          : [
              `${place}.endpoint: ${JSON.stringify(route.endpoint)} is not the name of an endpoint; add it to endpoints, or write one of: ${[...names].slice(0, 20).join(', ') || '(there are none)'}`,
            ]),
        ...upstreamFaults(`${place}.upstream`, route.upstream, { proxy, ingest, admin }),
        ...timingFaults(place, route),
        ...platformFaults(`${place}.platform`, route, isSound),
      ]
    }),
    ...(proxy.trustedProxies ?? []).flatMap((text, index) =>
      text === null || isAddressBlock(text)
        ? []
        : [`proxy.trustedProxies[${index}]: ${text} is no address or CIDR; write 10.0.0.0/8, for example`],
    ),
    ...overlapFaults(routes.filter(([, { path }]) => typeof path === 'string')),
  ]
}

function portFaults({ proxy, ingest, admin }: Listeners, isSound: IsSound): string[] {
  return (['ingest', 'admin'] as const).flatMap((name) => {
    const other = { ingest, admin }[name]
    if (!isSound(`${name}.host`, `${name}.port`)) return []
    return collide(proxy, other) ? [`proxy.port: ${proxy.port} is the ${name} listener's too; write another port`] : []
  })
}

function upstreamFaults(place: string, text: string | undefined, listeners: Listeners): string[] {
  if (text === undefined) return []
  const url = URL.parse(text)
  if (!url) return [`${place}: is not a URL; write http://127.0.0.1:3000, for example`]
  const at = { host: hostOf(url), port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) }
  return (['proxy', 'ingest', 'admin'] as const).flatMap((name) =>
    reaches(at, listeners[name])
      ? [`${place}: ${url.host} is the ${name} listener itself, which makes a loop; write the application's address`]
      : [],
  )
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

/** Whether a connection to `at` would arrive at the listener, as far as that is known without looking a name up. */
function reaches(at: { host: string; port: number }, { host, port }: { host: string; port: number }): boolean {
  if (at.port !== port || port === 0) return false
  if (at.host.toLowerCase() === host.toLowerCase()) return true
  if (isUnspecified(host)) return isOwn(at.host)
  // A connection to the unspecified address arrives at the loopback interface.
  const isLocal = isLoopbackName(at.host) || isUnspecified(at.host)
  return isLocal && isLoopbackName(host)
}

function isAddressBlock(text: string): boolean {
  const [address = '', prefix] = text.split('/')
  return isIP(address) !== 0 && Number(prefix ?? 0) <= (isIP(address) === 6 ? 128 : 32)
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** All names of the loopback interface count as one: RFC 6761 reserves everything below localhost for it. */
function isLoopbackName(host: string): boolean {
  const version = isIP(host)
  return version === 0
    ? /(^|\.)localhost$/i.test(host) || /^ip6-(localhost|loopback)$/i.test(host)
    : LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4')
}

const isUnspecified = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === '::ffff:0:0'

function isOwn(host: string): boolean {
  if (isLoopbackName(host) || isUnspecified(host) || host.toLowerCase() === hostname().toLowerCase()) return true
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === host.toLowerCase()))
}

function timingFaults(place: string, route: Proxy['routes'][number]): string[] {
  const { patience, attemptTimeout, giveUpAfter, retry, statuses } = route
  const faults: string[] = []
  if (retry !== 'idempotent' && retry !== undefined) {
    if (attemptTimeout !== undefined)
      faults.push(`${place}.attemptTimeout: has no effect with retry: ${retry}; remove it, or write retry: idempotent`)
    if (statuses?.length > 0)
      faults.push(`${place}.statuses: have no effect with retry: ${retry}; remove them, or write retry: idempotent`)
  } else if (attemptTimeout !== undefined && attemptTimeout >= patience) {
    faults.push(
      `${place}.attemptTimeout: is not shorter than patience, so no other attempt could follow; write less than ${patience}ms`,
    )
  }
  if (giveUpAfter !== undefined && giveUpAfter < patience)
    faults.push(`${place}.giveUpAfter: is shorter than patience; write the time after which the platform has given up`)
  return faults
}

function platformFaults(place: string, { platform, path, giveUpAfter }: Proxy['routes'][number], isSound: IsSound) {
  if (!platform) {
    if (!path?.endsWith('/*') || giveUpAfter === undefined) return []
    const effect = 'has no effect below a path without platform, where nothing is known to be a delivery'
    return [`${place.replace('platform', 'giveUpAfter')}: ${effect}; write an exact path, or platform`]
  }
  const { kind, header } = platform
  const faults: string[] = []
  if (kind === 'standard-webhooks' && header !== undefined)
    faults.push(`${place}.header: is given by kind: standard-webhooks; remove it`)
  if (kind !== 'standard-webhooks' && header === undefined && isSound(`${place}.header`))
    faults.push(`${place}.header: is missing; write the header that the platform sends, for example X-Signature`)
  if (kind === 'hmac')
    faults.push(...hmacFaults(platform, (key) => isSound(`${place}.${key}`)).map((line) => `${place}.${line}`))
  return faults
}

type Indexed = readonly (readonly [number, Proxy['routes'][number]])[]

/** Each request must have one route. */
function overlapFaults(routes: Indexed): string[] {
  const exact = new Map<string, number>()
  const prefixes = new Map<string, number>()
  const faults: string[] = []
  for (const [index, { path }] of routes) {
    const isPrefix = path.endsWith('/*')
    const key = isPrefix ? path.slice(0, -1) : path
    const same = (isPrefix ? prefixes : exact).get(key)
    if (same !== undefined)
      faults.push(`proxy.routes[${index}].path: ${path} is the path of proxy.routes[${same}] too; write another path`)
    else (isPrefix ? prefixes : exact).set(key, index)
  }
  for (const [index, { path }] of routes) {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const above = prefixes.get(path.slice(0, slash + 1))
      if (above === undefined || above === index || path === `${path.slice(0, slash + 1)}*`) continue
      faults.push(
        `proxy.routes[${index}].path: ${path} overlaps with ${path.slice(0, slash + 1)}* of proxy.routes[${above}]; write paths of which no request matches two`,
      )
      break
    }
  }
  return faults
}

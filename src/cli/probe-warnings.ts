import { isIP } from 'node:net'
import type { Config } from '../config/schema.ts'
import { parseAllowance } from '../domain/ports/outbound.ts'
import { type OutboundGuard, outboundGuard } from '../outbound/guard.ts'
import { bareHost, portOf } from '../outbound/url-parts.ts'
import { internalAuthorities, probePlans } from '../service/probe-plans.ts'

type Endpoint = Config['endpoints'][number]

/** Probes that are configured and cannot be sent. Names are not resolved: only what the URL itself says counts. */
export function probeWarnings({ endpoints, outbound }: Config): string[] {
  const guard = outboundGuard({ allow: outbound.allow, internal: internalAuthorities(endpoints) })
  const allowsNetworks = outbound.allow.some(isClusterNetwork)
  const plans = new Map(probePlans(endpoints, async () => '').map((plan) => [plan.endpoint, plan]))
  return endpoints.flatMap((endpoint, index) => {
    const place = `endpoints[${index}].probe`
    const plan = plans.get(endpoint.name)
    if (!plan) return wantsProbe(endpoint) ? [`${place}: ${noTarget(endpoint)}`] : []
    if (plan.interval === undefined) return []
    return plan.views.flatMap(({ vantage, url }) => {
      const key =
        vantage === 'internal'
          ? `${place}.internalUrl`
          : endpoint.probe.url
            ? `${place}.url`
            : `endpoints[${index}].urls[0]`
      const authority = refused(url, guard, allowsNetworks)
      return authority === undefined
        ? []
        : [
            `${key}: ${authority} is not a public address and outbound.allow does not permit it, so its scheduled probes will not be sent; add it: outbound: {allow: ["${authority}"]}`,
          ]
    })
  })
}

/** Whether anything says that this endpoint should be probed; a probe after a report is the default and says nothing. */
const wantsProbe = ({ probe }: Endpoint): boolean =>
  [probe.interval, probe.method, probe.expect, probe.caFile, probe.certFile].some((value) => value !== undefined) ||
  probe.headers.length > 0

const noTarget = ({ name, urls }: Endpoint): string =>
  `${name} has ${urls.length > 1 ? `${urls.length} URLs` : urls.length === 1 ? 'a URL that is a pattern' : 'no URL'} and no probe.url, so it will not be probed; set probe.url to the one URL to probe, for example https://shop.example/hooks/orders`

/** Addresses that stand for names which no public DNS has. */
const LOOPBACK = ['127.0.0.1', '::1']
const PRIVATE = '10.0.0.1'

/** @returns what to allow, `host:port`; undefined for a target that may be probed, or of which nothing is known */
function refused(text: string, guard: OutboundGuard, allowsNetworks: boolean): string | undefined {
  const url = URL.parse(text)
  if (!url) return undefined
  const host = bareHost(url)
  const isRefused = (address: string) => guard.refusal(host, portOf(url), address) !== undefined
  const name = host.replace(/\.$/, '')
  const refusal = isIP(host)
    ? isRefused(host)
    : /(^|\.)localhost$/i.test(name)
      ? LOOPBACK.every(isRefused)
      : isInternalName(name) && !allowsNetworks && isRefused(PRIVATE)
  return refusal ? `${url.hostname}:${portOf(url)}` : undefined
}

/** Whether an entry may be the network in which a name that only a cluster's DNS knows has its address. */
function isClusterNetwork(text: string): boolean {
  const entry = parseAllowance(text)
  return entry !== undefined && 'network' in entry && entry.network.range() !== 'loopback'
}

const isInternalName = (name: string): boolean =>
  !name.includes('.') || /\.(svc|cluster\.local|internal|local|lan|home\.arpa)$/i.test(name)

import ipaddr from 'ipaddr.js'
import { guarded, place } from './observation.ts'
import type { ProbeResult } from './probe.ts'

/** The network that a probe needs. Egress to one says nothing about the other. */
export type Network = 'outside' | 'inside'

/** Address ranges (ipaddr.js) that belong to a cluster, a company or a machine, not to the internet. */
const INSIDE_RANGES: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'carrierGradeNat', 'linkLocal'])
const INSIDE_NAME = /^[^.]+$|\.(svc|local|internal)$/

/**
 * The network of a probe. The public vantage point is the platform's path, hence outside, unless the name or address
 * belongs to a cluster or a private network.
 */
export function networkOf({ vantage, url, address }: Pick<ProbeResult, 'vantage' | 'url' | 'address'>): Network {
  if (vantage === 'internal') return 'inside'
  const { host } = place(url)
  const range = rangeOf(address ?? host)
  if (range !== undefined) return INSIDE_RANGES.has(range) ? 'inside' : 'outside'
  return INSIDE_NAME.test(host.replace(/\.$/, '')) ? 'inside' : 'outside'
}

/** Whether the probe was made on this machine itself. */
export const isLoopback = ({ url, address }: Pick<ProbeResult, 'url' | 'address'>): boolean =>
  rangeOf(address ?? place(url).host) === 'loopback'

/** Host and port. Endpoints that share them fail together, so they are no evidence for each other. */
export function authorityOf({ url }: Pick<ProbeResult, 'url'>): string {
  const { host, port } = place(url)
  return `${host}:${port}`
}

/** Whether a peer answered with a certificate or a status. A TCP connection alone may end at a proxy in between. */
export const gotAnswer = (probe: ProbeResult): boolean =>
  probe.up || probe.status !== undefined || probe.tls !== undefined

/** Whether the probe reached no peer. The cause may be this receiver's own network. */
export const reachedNothing = (probe: ProbeResult): boolean =>
  !probe.up && !guarded(probe) && (probe.phase === 'resolve' || probe.phase === 'connect')

function rangeOf(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  return ipaddr.isValid(bare) ? ipaddr.process(bare).range() : undefined
}

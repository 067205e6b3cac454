import ipaddr from 'ipaddr.js'
import { place } from './observation.ts'
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

/** Host and port. */
export function authorityOf({ url }: Pick<ProbeResult, 'url'>): string {
  const { host, port } = place(url)
  return `${host}:${port}`
}

/** The address, or before there is one, the name. Endpoints that share it fail together, so they are no evidence for each other. */
export const hostOf = ({ url, address }: Pick<ProbeResult, 'url' | 'address'>): string => address ?? place(url).host

/** What of an attempt tells whether it was answered. */
export type Attempted = Pick<ProbeResult, 'up' | 'cause' | 'phase' | 'status' | 'tls' | 'cutOff'>

/** Causes that only an answer has, be it a refusal, a reset, an alert or a byte. */
const ANSWERS: ReadonlySet<string> = new Set(['connection_refused', 'connection_reset', 'tls', 'protocol'])

/** Whether anything of the target's side answered. A TCP connection alone may end at a proxy in between. */
export const gotAnswer = ({ up, status, tls, cause }: Attempted): boolean =>
  up || status !== undefined || tls !== undefined || ANSWERS.has(cause ?? '')

/** Whether the attempt reached nothing, so that the cause may be this receiver's own network. A resolver that knows no such name has answered. */
export const reachedNothing = (attempt: Attempted): boolean =>
  !gotAnswer(attempt) &&
  (attempt.cutOff !== undefined ||
    (attempt.phase === 'connect' && attempt.cause !== 'blocked') ||
    (attempt.phase === 'resolve' && attempt.cause === 'timeout'))

function rangeOf(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  return ipaddr.isValid(bare) ? ipaddr.process(bare).range() : undefined
}

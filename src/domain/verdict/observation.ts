import type { Cause } from '../cause/cause.ts'
import { certificateProblem } from './certificate.ts'
import type { ProbeResult } from './probe.ts'

/** What a probe saw, as part of a sentence: `certificate of shop.example expired 40 minutes ago`. */
export function observation(probe: ProbeResult): string {
  const { host } = place(probe.url)
  if (probe.up) {
    const answered = `${host} answers ${probe.status ?? 'a connection'} in ${totalTime(probe)} ms`
    return probe.pathUnproven ? `${answered}, which proves the server and not the path` : answered
  }
  if (probe.cause === 'tls' && probe.tls?.fault) return certificateProblem(host, probe.tls, probe.startedAt)
  return (OBSERVATIONS[probe.cause ?? 'unknown'] ?? OBSERVATIONS.unknown)(host, probe)
}

/** Host and port of a canonical URL; for any other text, the text itself. */
export function place(url: string): { readonly host: string; readonly port: string } {
  const parsed = URL.parse(url)
  if (!parsed) return { host: url, port: '' }
  return { host: parsed.hostname, port: parsed.port || (parsed.protocol === 'http:' ? '80' : '443') }
}

/** Milliseconds of all phases, rounded. */
export const totalTime = (probe: ProbeResult): number =>
  Math.round(Object.values(probe.phases).reduce((sum, phase) => sum + (phase ?? 0), 0))

const OBSERVATIONS: Readonly<Record<Cause, (host: string, probe: ProbeResult) => string>> = {
  dns: (host) => `the name ${host} does not resolve`,
  connection_refused: (host, { url }) => `${host} refuses connections on port ${place(url).port}`,
  connection_reset: (host) => `${host} resets the connection`,
  unreachable: (host, { address }) => `there is no route to ${host}${address ? ` (${address})` : ''}`,
  tls: (host, { detail }) => `TLS with ${host} fails${why(detail)}`,
  timeout: (host, probe) => `${host} does not answer within ${totalTime(probe)} ms (phase ${probe.phase ?? 'http'})`,
  redirect: (host, { status, redirectTo }) =>
    `${host} redirects (${status ?? '3xx'})${redirectTo ? ` to ${redirectTo}` : ''}`,
  authentication: answers,
  not_found: answers,
  rejected: answers,
  rate_limited: answers,
  server_error: answers,
  unavailable: answers,
  protocol: (host, { detail }) => `${host} does not speak HTTP as expected${why(detail)}`,
  blocked: (host, probe) => (guarded(probe) ? `${host} may not be probed from here` : answers(host, probe)),
  unknown: (host, { detail }) => `the probe of ${host} failed: ${detail}`,
}

const why = (detail: string): string => (detail === '' ? '' : ` (${detail})`)

function answers(host: string, { status, method }: ProbeResult): string {
  if (status === undefined) return `${host} does not answer as a healthy endpoint does`
  return `${host} answers ${status}${method ? ` to ${method}` : ''}`
}

/** Whether a probe says anything about its endpoint: it was allowed, and this receiver has egress. */
export const conclusive = (probe: ProbeResult): boolean => !guarded(probe) && !probe.unverified

/** Whether the outbound guard blocked the probe, which then says nothing about the endpoint. */
export const guarded = (probe: ProbeResult): boolean =>
  !probe.up && probe.cause === 'blocked' && probe.status === undefined

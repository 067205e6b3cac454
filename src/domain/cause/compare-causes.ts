import type { ProbePhase, ProbeResult } from '../verdict/probe.ts'
import type { Cause } from './cause.ts'

/** The facts a rule decides on. Inconclusive probes are left out; `blocked` and `unverified` say that there was one. */
export interface Situation {
  /** The report's cause; null without a report. */
  readonly report: Cause | null
  readonly outside: ProbeResult | undefined
  readonly inside: ProbeResult | undefined
  readonly blocked: boolean
  /** A probe reached nothing, and this receiver may have no egress. */
  readonly unverified: boolean
  /** Whether a source has disabled the endpoint. */
  readonly disabled: boolean
}

/**
 * How far a request gets before this cause stops it. If report and probe name different causes, the earlier one is the
 * obstacle. `timeout` and `unknown` can happen in any layer.
 */
const LAYERS: Readonly<Partial<Record<Cause, number>>> = {
  dns: 1,
  unreachable: 2,
  connection_refused: 2,
  connection_reset: 2,
  tls: 3,
  protocol: 4,
  redirect: 5,
  blocked: 5,
  authentication: 5,
  not_found: 5,
  rejected: 5,
  rate_limited: 5,
  server_error: 5,
  unavailable: 5,
}
const layerOf = (cause: Cause): number | undefined => LAYERS[cause]
/** The layer at which a probe was stopped: by its phase where the cause can happen in several. */
const PHASE_LAYERS: Readonly<Record<ProbePhase, number>> = { resolve: 1, connect: 2, tls: 3, http: 5 }
const ANYWHERE: ReadonlySet<Cause> = new Set(['timeout', 'connection_reset', 'protocol'])
const layerOfProbe = ({ cause = 'unknown', phase = 'http' }: ProbeResult): number | undefined =>
  ANYWHERE.has(cause) ? PHASE_LAYERS[phase] : layerOf(cause)

/** Causes that only a real delivery can meet: a probe sends no body, signature or credential of the platform. */
export const NEEDS_DELIVERY: readonly Cause[] = [
  'authentication',
  'not_found',
  'rejected',
  'rate_limited',
  'server_error',
  'blocked',
]

/** Causes that can be one problem seen from two places. */
const RELATED: Readonly<Partial<Record<Cause, readonly Cause[]>>> = {
  timeout: ['unreachable', 'connection_refused', 'unavailable'],
  unreachable: ['timeout', 'connection_refused'],
  connection_refused: ['unreachable', 'unavailable', 'timeout', 'connection_reset'],
  connection_reset: ['protocol', 'connection_refused', 'tls'],
  protocol: ['connection_reset', 'tls'],
  tls: ['protocol', 'connection_reset'],
  unavailable: ['connection_refused', 'timeout', 'server_error'],
  server_error: ['unavailable'],
}

export const isDown = (probe: ProbeResult | undefined): boolean => probe !== undefined && !probe.up
export const viewOf = ({ outside, inside }: Situation): ProbeResult | undefined => outside ?? inside
/** Report and probe name the same cause; two unknown causes are not the same. */
export const isSameCause = (s: Situation): boolean =>
  s.report !== null && s.report !== 'unknown' && s.report === viewOf(s)?.cause
export const isRelatedCause = (s: Situation): boolean =>
  s.report !== null && RELATED[s.report]?.includes(viewOf(s)?.cause as Cause) === true
export const comparedBy =
  (test: (report: number, probe: number) => boolean) =>
  (s: Situation): boolean => {
    const probe = viewOf(s)
    if (s.report === null || !probe || probe.up) return false
    const [reported, found] = [layerOf(s.report), layerOfProbe(probe)]
    return reported !== undefined && found !== undefined && test(reported, found)
  }

/**
 * Whether what a probe found takes precedence over the report. A probe is no delivery: it has another method, no body and no
 * signature. So it decides only if it agrees, or fails earlier: at the name, the connection or TLS.
 */
export function overrules(probe: ProbeResult | undefined, report: Cause | null): boolean {
  if (!probe || probe.up) return false
  if (report === null || report === 'unknown' || report === probe.cause) return true
  if (RELATED[report]?.includes(probe.cause as Cause)) return true
  return (layerOfProbe(probe) ?? PHASE_LAYERS.http) < (layerOf(report) ?? PHASE_LAYERS.http)
}

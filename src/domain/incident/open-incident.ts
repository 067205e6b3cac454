import type { Cause } from '../cause/cause.ts'
import { type Fault, faultOf, withFault } from '../cause/contradiction.ts'
import {
  type Change,
  type EndpointState,
  type Incident,
  type IncidentSettings,
  type IncidentSignals,
  isSameOrigin,
  ORIGIN_LIMIT,
  type Origin,
  type Proof,
  TENANT_LIMIT,
} from './incident.ts'

type Tenants = Pick<Incident, 'tenants' | 'tenantsComplete'>

/** The tenants of an incident after a failure of this one. */
function withTenant({ tenants, tenantsComplete }: Tenants, tenant: string): Tenants {
  if (tenant === '' || tenants.includes(tenant)) return { tenants, tenantsComplete }
  if (tenants.length >= TENANT_LIMIT) return { tenants, tenantsComplete: false }
  return { tenants: [...tenants, tenant], tenantsComplete }
}

/** What an incident's reports and warnings said went wrong. */
export function faultsOf({ faults, causes, report, signals }: Incident): readonly Fault[] {
  if (faults) return faults
  const reported = (Object.keys(causes) as Cause[]).map((cause) =>
    faultOf(cause, report?.cause === cause ? report.code : null),
  )
  return signals?.warning ? withFault(reported, faultOf(signals.warning.cause, signals.warning.code)) : reported
}

/** The state of an endpoint after its incident was opened or joined by a failure or an early warning. */
export function joined(
  state: EndpointState,
  { incident, opened }: { readonly incident: Incident; readonly opened: 0 | 1 },
  event: {
    readonly at: number
    readonly source: string
    readonly tenant: string
    readonly code: number | null
    readonly cause: Cause | null
  },
): EndpointState & { readonly incident: Incident } {
  const { at, source, tenant, code, cause } = event
  return {
    ...state,
    failedProbes: 0,
    incidents: state.incidents + opened,
    incident: {
      ...incident,
      sources: incident.sources.includes(source) ? incident.sources : [...incident.sources, source],
      ...withTenant(incident, tenant),
      // A spill may bring an earlier failure after a later one.
      quietSince: Math.max(incident.quietSince, at),
      faults: withFault(faultsOf(incident), faultOf(cause ?? 'unknown', code)),
      goodRun: null,
      found: null,
    },
  }
}

/** What may open an incident. */
interface Opening extends Partial<Origin> {
  readonly at: number
  /** UUID version 7 for the incident that this may open. */
  readonly id: string
  readonly cause: Cause
  /** When the failures began, if earlier than `at`. */
  readonly failingSince?: number
  readonly openedBy?: string
}

/** The incident that a failure or an early warning belongs to: the open one, one that closed within the quiet time, or a new one. */
export function opening(
  state: EndpointState,
  event: Opening,
  { quietTime }: IncidentSettings,
): { incident: Incident; change: Change; opened: 0 | 1 } {
  const { at, id, cause, openedBy } = event
  const last = state.incident
  if (last && last.closedAt === null) return { incident: last, change: 'joined', opened: 0 }
  // This is also true if the clock was set back since it closed.
  if (last && at - last.closedAt! < quietTime) {
    const loss = { ...last.loss, until: null, untilProof: null }
    const faults = last.resolution === 'proven' ? [] : faultsOf(last)
    const reset = { closedAt: null, resolution: null, reason: null, end: null, found: null }
    return {
      incident: { ...last, ...reset, faults, loss, reopened: last.reopened + 1 },
      change: 'reopened',
      opened: 0,
    }
  }
  const good = lastGood(state, event)
  return {
    change: 'opened',
    opened: 1,
    incident: {
      id,
      endpoint: state.endpoint,
      openedAt: at,
      closedAt: null,
      resolution: null,
      reason: null,
      firstFailureAt: null,
      lastFailureAt: null,
      failures: 0,
      ...(openedBy !== undefined && { openedBy }),
      sources: [],
      tenants: [],
      tenantsComplete: true,
      causes: {},
      report: null,
      cause,
      faults: [],
      verdict: null,
      loss: {
        from: good?.at ?? null,
        fromProof: good?.proof ?? null,
        until: null,
        untilProof: null,
      },
      reopened: 0,
      quietSince: at,
      goodRun: null,
    },
  }
}

interface Good {
  readonly at: number
  readonly proof: Proof | null
}

/**
 * The last good moment before an incident: of the endpoint, or of the same origin. A moment in the future means that the
 * clock was set back: its real time is unknown.
 */
function lastGood({ goodAt, goodProof, delivered = [] }: EndpointState, event: Opening): Good | undefined {
  // One bad pod of several: what the others deliver since says nothing about its deliveries.
  const before = Math.min(event.failingSince ?? event.at, event.at)
  const { source, tenant, url } = event
  const origin = source !== undefined && tenant !== undefined && url !== undefined ? { source, tenant, url } : undefined
  const moments: Good[] = delivered.filter(
    (last) => last.proof === 'delivery' || (origin !== undefined && isSameOrigin(last, origin)),
  )
  if (goodAt !== null) moments.push({ at: goodAt, proof: goodProof })
  return moments.filter(({ at }) => at <= before).sort((a, b) => b.at - a.at)[0]
}

/** What an incident without signals starts from. Failures whose origin was not noted can only be proven otherwise. */
export const signalsOf = ({ signals, failures }: Incident): IncidentSignals =>
  signals ?? {
    total: 0,
    warnings: 0,
    disablings: 0,
    disabled: [],
    warning: null,
    lastBadAt: null,
    origins: [],
    originsComplete: failures === 0,
    deliveryRun: null,
  }

/** After a failure: its origin has to be proven again, and every run has ended. */
export function failedSignals(incident: Incident, origin: Origin | undefined): Pick<Incident, 'signals'> {
  // Nearly every failure: its source reports nothing else.
  if (origin === undefined && incident.signals === undefined) return {}
  return { signals: withoutRuns(withOrigin(signalsOf(incident), origin)) }
}

/** @param origin undefined if it cannot be proven by what its source reports */
export function withOrigin(signals: IncidentSignals, origin: Origin | undefined): IncidentSignals {
  if (origin === undefined) return { ...signals, originsComplete: false }
  const { origins } = signals
  if (origins.some((known) => isSameOrigin(known, origin))) return signals
  if (origins.length >= ORIGIN_LIMIT) return { ...signals, originsComplete: false }
  const { source, tenant, url } = origin
  return { ...signals, origins: [...origins, { source, tenant, url, run: null }] }
}

/** Every run of successes has ended. */
export const withoutRuns = (signals: IncidentSignals): IncidentSignals => ({
  ...signals,
  origins: signals.origins.map((origin) => (origin.run === null ? origin : { ...origin, run: null })),
  deliveryRun: null,
})

import { type EndpointState, isOpen } from '../domain/incident/incident.ts'
import type { OutboundClient } from '../domain/ports/outbound-client.ts'
import { resolverAnswers } from '../outbound/resolve.ts'
import { createProber } from '../probe/prober.ts'
import { createEgress, type Egress } from '../service/egress.ts'
import type { ProbePlan } from '../service/probe-plans.ts'
import { createProbing, type Probing } from '../service/probing.ts'
import { recheckIntervals } from '../service/recheck-intervals.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'
import type { Telemetry } from './telemetry.ts'

export interface ProbingDeps {
  readonly journal: StartedJournal
  readonly telemetry: Telemetry
  readonly client: OutboundClient
  readonly plans: readonly ProbePlan[]
  /** What the journal knows of an endpoint; asked when probing has started. */
  readonly stateOf: (endpoint: string) => EndpointState | undefined
}

/** Makes the probing; nothing is probed before its `start`. */
export function startProbing(
  { config, log, cleanUps }: StartContext,
  { journal: { isLeader, clock }, telemetry: { metrics }, client, plans, stateOf }: ProbingDeps,
): { readonly probing: Probing; readonly egress: Egress } {
  const intervals = new Map(plans.map(({ endpoint, interval }) => [endpoint, interval]))
  const egress = createEgress({
    prober: createProber({ client, clock }),
    reference: config.outbound.reference,
    canary: config.canary?.url,
    intervalOf: (endpoint) => intervals.get(endpoint),
    wasSeen: (endpoint, lasts) => wasSeen(stateOf(endpoint), clock() - lasts),
    resolverAnswers,
  })
  metrics.observe({ egress: egress.up })
  const probing = createProbing({
    plans,
    prober: egress.prober,
    recheckIntervals: recheckIntervals(config.incidents),
    isLeader,
    log,
    clock,
  })
  cleanUps.push('probing', () => probing.stop())
  return { probing, egress }
}

/** Whether an endpoint was seen to fail, or to be good since then, before this process began. */
function wasSeen(state: EndpointState | undefined, since: number): boolean {
  if (!state) return false
  const isFailing = state.failedProbes > 0 || (isOpen(state) && state.incident?.found?.how === 'failing')
  return isFailing || (state.goodAt !== null && state.goodAt >= since)
}

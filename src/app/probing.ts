import type { OutboundClient } from '../domain/outbound-client.ts'
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
}

/** Makes the probing; nothing is probed before its `start`. */
export function startProbing(
  { config, log, cleanUps }: StartContext,
  { journal: { isLeader, clock }, telemetry: { metrics }, client, plans }: ProbingDeps,
): { readonly probing: Probing; readonly egress: Egress } {
  const egress = createEgress({
    prober: createProber({ client, clock }),
    reference: config.outbound.reference,
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

import { outboundGuard } from '../outbound/guard.ts'
import { createProber } from '../probe/prober.ts'
import { createEgress, type Egress } from '../service/egress.ts'
import { internalAuthorities, type ProbePlan } from '../service/probe-plans.ts'
import { createProbing, type Probing } from '../service/probing.ts'
import { recheckIntervals } from '../service/track-incidents.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'
import type { Telemetry } from './telemetry.ts'

/** DNS look-ups that may hang at once: less than half of the thread pool that main.ts asks for. */
const LOOKUP_SLOTS = 6

/** Makes the probing; nothing is probed before its `start`. */
export function startProbing(
  { config, log, cleanUps }: StartContext,
  {
    journal: { isLeader, clock },
    telemetry: { metrics },
    plans,
  }: { readonly journal: StartedJournal; readonly telemetry: Telemetry; readonly plans: readonly ProbePlan[] },
): { readonly probing: Probing; readonly egress: Egress } {
  const { allow, reference } = config.outbound
  const egress = createEgress({
    prober: createProber({
      guard: outboundGuard({ allow, internal: internalAuthorities(config.endpoints, reference) }),
      clock,
      places: LOOKUP_SLOTS,
    }),
    reference,
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

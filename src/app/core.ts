import type { Clock } from '../domain/ports/clock.ts'
import type { OutboundClient } from '../domain/ports/outbound-client.ts'
import type { Restarts } from '../domain/ports/telemetry.ts'
import { type SeriesLimit, seriesLimit } from '../domain/report/series.ts'
import { secretReader } from '../probe/secrets.ts'
import type { Egress } from '../service/egress.ts'
import type { IncidentTracker } from '../service/incident-tracker.ts'
import { probePlans } from '../service/probe-plans.ts'
import type { Probing } from '../service/probing.ts'
import type { StartContext } from './context.ts'
import { startIncidents } from './incidents.ts'
import { type StartedJournal, startJournal } from './journal.ts'
import { outboundClient } from './outbound.ts'
import { startProbing } from './probing.ts'
import { startTelemetry, type Telemetry } from './telemetry.ts'
import { namesWithReserve } from './tracked-names.ts'

/** What the listeners and everything else are built on. */
export interface Core {
  readonly readSecret: ReturnType<typeof secretReader>
  readonly series: SeriesLimit
  readonly telemetry: Telemetry
  readonly journal: StartedJournal
  readonly client: OutboundClient
  readonly probing: Probing
  readonly egress: Egress
  readonly incidents: IncidentTracker
}

/** Makes the core, each part of which pushes its clean-up. Nothing is read, written or probed yet. */
export async function startCore(
  context: StartContext,
  { clock, restarts }: { readonly clock: Clock; readonly restarts?: Restarts },
): Promise<Core> {
  const { config, env } = context
  const series = seriesLimit({
    limit: config.metrics.seriesLimit,
    configured: namesWithReserve(config),
    sources: Object.keys(config.sources),
  })
  const readSecret = secretReader(env)
  const plans = probePlans(config.endpoints, readSecret)
  const telemetry = await startTelemetry(context, { plans, ...(restarts && { restarts }) })
  const { metrics } = telemetry
  metrics.observe({ series: () => series.usage() })
  const journal = await startJournal(context, { metrics, clock })
  const client = outboundClient(context, journal)
  const { probing, egress } = startProbing(context, {
    journal,
    telemetry,
    client,
    plans,
    stateOf: (endpoint) => incidents.state(endpoint),
  })
  const incidents: IncidentTracker = startIncidents(context, { journal, telemetry, probing, plans })
  return { readSecret, series, telemetry, journal, client, probing, egress, incidents }
}

import { boundedNames, ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import { endpointUrls } from '../domain/report/endpoint.ts'
import { failureIds } from '../domain/report/failure.ts'
import type { IncidentTracker } from '../service/incident-tracker.ts'
import type { ProbePlan } from '../service/probe-plans.ts'
import type { Probing } from '../service/probing.ts'
import { createIncidentTracker } from '../service/track-incidents.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'
import type { Telemetry } from './telemetry.ts'
import { incidentSettings, trackedNames } from './tracked-names.ts'

export interface IncidentDeps {
  readonly journal: StartedJournal
  readonly telemetry: Telemetry
  readonly probing: Probing
  readonly plans: readonly ProbePlan[]
}

/** Makes the tracker of incidents, which knows none before the journal is open. */
export function startIncidents(
  { config, log, cleanUps }: StartContext,
  { journal: { journal, shared, isLeader, clock }, telemetry: { metrics, tracing }, probing, plans }: IncidentDeps,
): IncidentTracker {
  const incidents = createIncidentTracker({
    journal,
    settings: incidentSettings(config),
    names: boundedNames(trackedNames(config), ENDPOINT_LIMIT, shared),
    probing,
    plans,
    urlOf: endpointUrls(config.endpoints),
    newId: failureIds(),
    isLeader,
    metrics,
    tracing,
    log,
    clock,
  })
  cleanUps.push('incidents', () => incidents.stop())
  metrics.observe({ endpoints: incidents.states })
  return incidents
}

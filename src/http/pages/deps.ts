import type { Incident } from '../../domain/incident/incident.ts'
import type { CanaryMoments, Journal } from '../../domain/ports/journal.ts'
import type { DeliveryRate } from '../../service/delivery-rates.ts'
import type { LastHeard } from '../../service/last-heard.ts'
import type { Condition } from '../admin/health-handlers.ts'
import type { IncidentsDeps } from '../admin/incidents-handler.ts'
import type { Site } from './site.ts'

/** A line of an incident's timeline that something else than the journal of failures knows. */
export interface TimelineEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly what: string
}

/** What the process was started with. */
export interface RuntimeFacts {
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly build: readonly (readonly [name: string, value: string])[]
  readonly flags: () => readonly (readonly [name: string, value: string])[]
  /** The configuration in force, defaults included, as YAML without secrets. */
  readonly configuration: () => Promise<string>
}

export interface PagesDeps extends Omit<IncidentsDeps, 'journal'> {
  readonly journal: Pick<Journal, 'get' | 'list' | 'incident' | 'incidents' | 'countFailures' | 'status'>
  readonly site: Site
  readonly conditions: () => readonly Condition[]
  readonly warnings: () => readonly string[]
  readonly lastHeard: Pick<LastHeard, 'of'>
  /** Undefined if no canary is configured; null while nothing is known of it. */
  readonly canary: () => CanaryMoments | null | undefined
  /** Whether anything outside answered recently; null if nothing outside was tried. */
  readonly egress: () => boolean | null
  readonly runtime: RuntimeFacts
  /** `admin.traceUrl`. */
  readonly traceUrl?: string
  /** Where deliveries are observed; undefined for an endpoint of which none are. */
  readonly deliveries?: (endpoint: string) => DeliveryRate | undefined
  /** What is known of an incident besides reports, probes and verdicts: signals, recovery. */
  readonly timeline?: (incident: Incident) => readonly TimelineEntry[] | Promise<readonly TimelineEntry[]>
}

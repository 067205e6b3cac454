import type { IncidentSettings } from '../../domain/incident/incident.ts'
import {
  eventOpener,
  type IncidentAdmission,
  incidentAdmission,
  type LimitedIncident,
} from '../../domain/incident/unconfigured-limit.ts'
import { parseIncident } from '../core/stored-incident.ts'
import type { EndpointEvent, KnownEndpoints, Versioned } from './endpoints.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { lockSlots } from './slots.ts'

/** Within the transaction of a group: which of its events may open incidents of endpoints that are not configured. */
export class GroupAdmission {
  readonly #session: Session
  readonly #admission: IncidentAdmission | undefined
  #isDecided = false

  constructor(session: Session, { unconfigured }: IncidentSettings) {
    this.#session = session
    this.#admission = incidentAdmission(unconfigured)
  }

  /** Before the endpoints are locked. One replica at a time, so that together they keep the limit. @returns what may go on */
  async decide(
    events: readonly EndpointEvent[],
    known: Pick<KnownEndpoints, 'get'>,
  ): Promise<readonly EndpointEvent[]> {
    if (!this.#hasLimited(events, (endpoint) => known.get(endpoint))) return events
    await lockSlots(this.#session)
    return this.#decide(events)
  }

  /** After it: another replica may have closed what this one knew as open. To wait now could be a deadlock. */
  async decideAgain(
    events: readonly EndpointEvent[],
    locked: ReadonlyMap<string, Versioned>,
  ): Promise<readonly EndpointEvent[]> {
    if (this.#isDecided || !this.#hasLimited(events, (endpoint) => locked.get(endpoint))) return events
    if (await lockSlots(this.#session, 'SKIP LOCKED')) return this.#decide(events)
    return events.filter(
      ({ endpoint, event }) => !this.#admission!.isLimited(endpoint, locked.get(endpoint)?.state, event),
    )
  }

  #hasLimited(events: readonly EndpointEvent[], find: (endpoint: string) => Versioned | undefined): boolean {
    const admission = this.#admission
    return (
      admission !== undefined && events.some((e) => admission.isLimited(e.endpoint, find(e.endpoint)?.state, e.event))
    )
  }

  async #decide(events: readonly EndpointEvent[]): Promise<readonly EndpointEvent[]> {
    this.#isDecided = true
    const admission = this.#admission!
    const rows = await this.#session.query<[incident: string]>(
      `SELECT incident FROM ${SCHEMA}.incidents WHERE closed_at IS NULL`,
    )
    const open = new Map<string, LimitedIncident>()
    for (const [json] of rows) {
      const incident = parseIncident(json)
      open.set(incident.endpoint, incident)
    }
    return events.filter(({ endpoint, event }) => {
      if (open.has(endpoint) || !admission.isLimited(endpoint, undefined, event)) return true
      const openedBy = eventOpener(event)
      if (!admission.hasRoom(openedBy, open.values())) return false
      open.set(endpoint, { endpoint, openedBy, sources: [], tenants: [] })
      return true
    })
  }
}

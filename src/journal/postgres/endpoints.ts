import {
  type EndpointState,
  type IncidentEvent,
  type IncidentSettings,
  newEndpoint,
  type Proof,
  startsTracking,
} from '../../domain/incident/incident.ts'
import { reduceIncident } from '../../domain/incident/reduce-incident.ts'
import { eventOpener, incidentAdmission, openOf } from '../../domain/incident/unconfigured-limit.ts'
import type { Applied } from '../../domain/ports/journal.ts'
import { parseDelivered, parseIncident } from '../core/stored-incident.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { type Slots, withSlots } from './slots.ts'

/** An event of one work of a group. */
export interface EndpointEvent {
  readonly endpoint: string
  readonly event: IncidentEvent
}

/** A state with the number of its changes, which the state has too. */
export interface Versioned {
  readonly state: EndpointState
  readonly version: number
}

type LockedRow = readonly [
  endpoint: string,
  goodAt: number | null,
  goodProof: Proof | null,
  failedProbes: number,
  incidents: number,
  incidentId: string | null,
  version: number,
  delivered: string,
]
type StateRow = readonly [...LockedRow, incident: string | null]
const COLUMNS =
  'e.endpoint, e.good_at, e.good_proof, e.failed_probes, e.incidents, e.incident_id, e.version, e.delivered'

/** Version of an endpoint that the database has no row of. */
export const NO_ROW = 0

/** A transaction that began this long before a look may have committed only after it. Seconds. */
const OVERLAP = 30

/** What this replica knows of all tracked endpoints, including those of other replicas. */
export class KnownEndpoints {
  readonly #known = new Map<string, Versioned>()
  /** What is to come of failures that wait in a spill. */
  readonly #predicted = new Map<string, EndpointState>()

  all(): EndpointState[] {
    return [...this.#known.values()].map(({ state }) => state)
  }

  get(endpoint: string): Versioned | undefined {
    return this.#known.get(endpoint)
  }

  /**
   * What a failure in the spill will do once it moves on, as far as this replica can know: the database is unreachable.
   * @returns undefined if the endpoint would find no place
   */
  predict({ endpoint, event }: EndpointEvent, settings: IncidentSettings, slots: Slots): Applied | undefined {
    const last = this.#predicted.get(endpoint) ?? this.#known.get(endpoint)?.state
    const admission = incidentAdmission(settings.unconfigured)
    if (admission?.isLimited(endpoint, last, event)) {
      const states = new Map([...this.all(), ...this.#predicted.values()].map((state) => [state.endpoint, state]))
      if (!admission.hasRoom(eventOpener(event), openOf(states.values()))) return undefined
    }
    if (!last) {
      if (!startsTracking(event)) return undefined
      const names = new Set([...slots.configured, ...this.#known.keys(), ...this.#predicted.keys()])
      if (!names.has(endpoint) && names.size >= slots.limit) return undefined
    }
    const applied = reduceIncident(last ?? newEndpoint(endpoint), event, settings)
    this.#predicted.set(endpoint, applied.state)
    return applied
  }

  /** @returns whether any of them is news: a read that began before one of our commits may arrive after it. */
  update(endpoints: Iterable<Versioned>): boolean {
    let news = false
    for (const endpoint of endpoints) {
      const { state, version } = endpoint
      if (version <= (this.#known.get(state.endpoint)?.version ?? NO_ROW)) continue
      this.#known.set(state.endpoint, endpoint)
      this.#predicted.delete(state.endpoint)
      news = true
    }
    return news
  }

  /** Reslots what was known by what the database holds. */
  async load(session: Session): Promise<void> {
    const endpoints = await select(session, 'true', [])
    this.#known.clear()
    this.#predicted.clear()
    this.update(endpoints)
  }

  /** Takes what changed within so many seconds, and forgets what is gone. @returns whether there was news */
  async poll(session: Session, seconds: number): Promise<boolean> {
    const forgotten = await this.#forget(session)
    const changed = await select(session, `e.updated_at > now() - $1 * interval '1 second'`, [seconds + OVERLAP])
    return this.update(changed) || forgotten
  }

  /** Another replica drops endpoints that have been silent for long. @returns whether any was known here */
  async #forget(session: Session): Promise<boolean> {
    // What is stored while the question is under way is not in its answer.
    const before = [...this.#known]
    const rows = await session.query<[string]>(`SELECT endpoint FROM ${SCHEMA}.endpoints`)
    const there = new Set(rows.map(([endpoint]) => endpoint))
    const gone = before.filter(([name, endpoint]) => !there.has(name) && this.#known.get(name) === endpoint)
    for (const [name] of gone) this.#known.delete(name)
    return gone.length > 0
  }
}

async function select(session: Session, condition: string, values: readonly unknown[]): Promise<Versioned[]> {
  const rows = await session.query<StateRow>(
    `SELECT ${COLUMNS}, i.incident FROM ${SCHEMA}.endpoints e
     LEFT JOIN ${SCHEMA}.incidents i ON i.id = e.incident_id WHERE ${condition}`,
    values,
  )
  return rows.map((row) => ({ state: stateOf(row, row[8]), version: row[6] }))
}

const stateOf = (row: StateRow | LockedRow, incident: string | null): EndpointState => ({
  endpoint: row[0],
  goodAt: row[1],
  goodProof: row[2],
  failedProbes: row[3],
  incidents: row[4],
  version: row[6],
  incident: incident === null ? null : parseIncident(incident),
  ...parseDelivered(row[7]),
})

/**
 * Holds the rows of the events' endpoints within the transaction of a group, in one order for all replicas, so that
 * whatever is decided of one is decided once, and no two groups wait for each other. A row is made where one is missing.
 * @param known names that have a row, as far as this replica knows
 * @returns what the database has of each; version `NO_ROW` where it has nothing
 */
export async function lockEndpoints(
  session: Session,
  events: readonly EndpointEvent[],
  { known, slots }: { readonly known: Pick<KnownEndpoints, 'get'>; readonly slots: Slots },
): Promise<Map<string, Versioned>> {
  const names = namesOf(events)
  const before = new Map<string, Versioned>(names.map((name) => [name, { state: newEndpoint(name), version: NO_ROW }]))
  const fresh = names.filter((name) => known.get(name) === undefined)
  await insertNew(session, fresh, events, slots)
  let locked = await lock(session, names)
  // Another replica forgets those that have long been silent.
  const gone = names.filter((name) => !fresh.includes(name) && !locked.some(([endpoint]) => endpoint === name))
  if (gone.length > 0) {
    await insertNew(session, gone, events, slots)
    locked = await lock(session, names)
  }
  // A statement of its own: a join would show the incident as it was before the wait for the lock.
  const rows = await session.query<[id: string, incident: string]>(
    `SELECT id, incident FROM ${SCHEMA}.incidents WHERE id = ANY ($1::uuid[])`,
    [locked.flatMap((row) => row[5] ?? [])],
  )
  const stored = new Map(rows)
  for (const row of locked) {
    const state = stateOf(row, row[5] === null ? null : (stored.get(row[5]) ?? null))
    before.set(row[0], { state, version: row[6] })
  }
  return before
}

/** Holds the row of one endpoint. @returns undefined if it has none */
export async function lockEndpoint(session: Session, name: string): Promise<Versioned | undefined> {
  const [row] = await lock(session, [name])
  if (!row) return undefined
  const [stored] = await session.query<[incident: string]>(
    `SELECT incident FROM ${SCHEMA}.incidents WHERE id = $1::uuid`,
    [row[5]],
  )
  return { state: stateOf(row, stored?.[0] ?? null), version: row[6] }
}

/** The endpoints of events, each once, in the order of all locks. */
export const namesOf = (events: readonly EndpointEvent[]): string[] =>
  [...new Set(events.map(({ endpoint }) => endpoint))].sort()

const lock = (session: Session, names: readonly string[]): Promise<LockedRow[]> =>
  session.query<LockedRow>(
    `SELECT ${COLUMNS} FROM ${SCHEMA}.endpoints e WHERE e.endpoint = ANY ($1::text[]) ORDER BY e.endpoint FOR UPDATE`,
    [names],
  )

/** Rows to lock, for endpoints that an event makes known. Other events do nothing to a new one. */
async function insertNew(
  session: Session,
  names: readonly string[],
  events: readonly EndpointEvent[],
  slots: Slots,
): Promise<void> {
  const made = new Set(events.flatMap(({ endpoint, event }) => (startsTracking(event) ? [endpoint] : [])))
  const fresh = await withSlots(
    session,
    names.filter((name) => made.has(name)),
    slots,
  )
  if (fresh.length === 0) return
  // Above every version of a row of that name that was there before and that someone may still know.
  const version = Math.max(...events.map(({ event }) => event.at))
  await session.execute(
    `INSERT INTO ${SCHEMA}.endpoints (endpoint, failed_probes, incidents, changed_at, version, updated_at)
     SELECT name, 0, 0, 0, $2::bigint, now() FROM unnest($1::text[]) AS name ON CONFLICT (endpoint) DO NOTHING`,
    [fresh, version],
  )
}

/** Drops endpoints without an open incident that have not changed since, milliseconds since the epoch by the server's clock. */
export function forgetEndpoints(session: Session, unchangedSince: number): Promise<number> {
  return session.execute(
    `DELETE FROM ${SCHEMA}.endpoints e WHERE e.changed_at < $1 AND NOT EXISTS
       (SELECT 1 FROM ${SCHEMA}.incidents i WHERE i.endpoint = e.endpoint AND i.closed_at IS NULL)`,
    [unchangedSince],
  )
}

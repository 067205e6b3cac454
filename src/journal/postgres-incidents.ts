import {
  type Change,
  type EndpointState,
  type Incident,
  type IncidentEvent,
  type IncidentSettings,
  newEndpoint,
  type Proof,
  reduceIncident,
} from '../domain/incident.ts'
import type { Applied } from '../domain/journal.ts'
import { addVerdict, type Verdict } from '../domain/verdict.ts'
import { SCHEMA } from './postgres-migrations.ts'
import type { Session } from './postgres-session.ts'

/** An event of one work of a group. */
export interface EndpointEvent {
  readonly endpoint: string
  readonly event: IncidentEvent
}

/** Bounds the endpoints that have incidents: of all replicas together, since each shows all. */
export interface Places {
  /** Names whose places nobody else takes. */
  readonly configured: readonly string[]
  readonly limit: number
}

/** What a group made of its endpoints; it holds once the group is committed. */
export interface ReducedGroup {
  /** One an event, in order; null for one of an endpoint that found no place any more. */
  readonly changes: readonly (Change | null)[]
  /** After the whole group. */
  readonly endpoints: ReadonlyMap<string, Versioned>
}

/** A state with the number of its changes, by which a newer one is told from an older. */
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
]
type StateRow = readonly [...LockedRow, incident: string | null]
const COLUMNS = 'e.endpoint, e.good_at, e.good_proof, e.failed_probes, e.incidents, e.incident_id, e.version'

/** Version of an endpoint that the database has no row of. */
const NO_ROW = 0

/** A transaction that began this long before a look may have committed only after it. Seconds. */
const OVERLAP = 30

/** What this replica knows of all endpoints whose incidents are followed, of whichever replica. */
export class KnownEndpoints {
  readonly #known = new Map<string, Versioned>()
  /** What is to come of failures that wait in a spill. */
  readonly #foreseen = new Map<string, EndpointState>()

  all(): EndpointState[] {
    return [...this.#known.values()].map(({ state }) => state)
  }

  get(endpoint: string): Versioned | undefined {
    return this.#known.get(endpoint)
  }

  /**
   * What a failure in the spill will do once it moves on, as far as this replica can know: the database is away.
   * @returns undefined where the endpoint would find no place
   */
  foresee({ endpoint, event }: EndpointEvent, settings: IncidentSettings, places: Places): Applied | undefined {
    const last = this.#foreseen.get(endpoint) ?? this.#known.get(endpoint)?.state
    if (!last) {
      const names = new Set([...places.configured, ...this.#known.keys(), ...this.#foreseen.keys()])
      if (!names.has(endpoint) && names.size >= places.limit) return undefined
    }
    const applied = reduceIncident(last ?? newEndpoint(endpoint), event, settings)
    this.#foreseen.set(endpoint, applied.state)
    return applied
  }

  /** @returns whether any of them is news: a look that began before a commit of ours may come after it. */
  take(endpoints: Iterable<Versioned>): boolean {
    let news = false
    for (const endpoint of endpoints) {
      const { state, version } = endpoint
      if (version <= (this.#known.get(state.endpoint)?.version ?? NO_ROW)) continue
      this.#known.set(state.endpoint, endpoint)
      this.#foreseen.delete(state.endpoint)
      news = true
    }
    return news
  }

  /** Replaces what was known by what the database holds. */
  async load(session: Session): Promise<void> {
    this.#known.clear()
    this.#foreseen.clear()
    this.take(await select(session, 'true', []))
  }

  /** Takes what changed within so many seconds. @returns whether there was news */
  async poll(session: Session, seconds: number): Promise<boolean> {
    return this.take(await select(session, `e.updated_at > now() - $1 * interval '1 second'`, [seconds + OVERLAP]))
  }
}

async function select(session: Session, condition: string, values: readonly unknown[]): Promise<Versioned[]> {
  const rows = await session.query<StateRow>(
    `SELECT ${COLUMNS}, i.incident FROM ${SCHEMA}.endpoints e
     LEFT JOIN ${SCHEMA}.incidents i ON i.id = e.incident_id WHERE ${condition}`,
    values,
  )
  return rows.map((row) => ({ state: stateOf(row, row[7]), version: row[6] }))
}

const stateOf = (row: StateRow | LockedRow, incident: string | null): EndpointState => ({
  endpoint: row[0],
  goodAt: row[1],
  goodProof: row[2],
  failedProbes: row[3],
  incidents: row[4],
  incident: incident === null ? null : (JSON.parse(incident) as Incident),
})

/**
 * Applies events to their endpoints within the transaction of a group. Each endpoint's row is locked first, in one order
 * for all replicas, so that whatever a reducer decides is decided once, and no two groups wait for each other.
 * @param known names that need no row made for them
 * @param last takes the statements that nothing waits for before COMMIT
 */
export async function reduceGroup(
  session: Session,
  events: readonly EndpointEvent[],
  settings: IncidentSettings,
  {
    known,
    places,
    last,
  }: {
    readonly known: Pick<KnownEndpoints, 'get'>
    readonly places: Places
    readonly last: (statement: Promise<unknown>) => void
  },
): Promise<ReducedGroup> {
  if (events.length === 0) return { changes: [], endpoints: new Map() }
  const names = namesOf(events)
  const before = new Map<string, Versioned>(names.map((name) => [name, { state: newEndpoint(name), version: NO_ROW }]))
  const fresh = names.filter((name) => known.get(name) === undefined)
  await insertNew(session, fresh, events, places)
  let locked = await lock(session, names)
  // Another replica forgets those that have long been silent.
  const gone = names.filter((name) => !fresh.includes(name) && !locked.some(([endpoint]) => endpoint === name))
  if (gone.length > 0) {
    await insertNew(session, gone, events, places)
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
  // Of an endpoint without a row nothing is kept.
  const fitting = events.filter(({ endpoint, event }) => before.get(endpoint)!.version !== NO_ROW || !makesKnown(event))
  const { changes, endpoints, changed, incidents, verdicts } = reduce(fitting, before, settings)
  if (incidents.length > 0) last(session.execute(saveIncidents(1), incidentColumns(incidents)))
  await saveVerdicts(session, verdicts)
  if (changed.length > 0) last(session.execute(saveEndpoints(1), endpointColumns(changed)))
  const changeOf = new Map(fitting.map((event, index) => [event, changes[index]!]))
  return { changes: events.map((event) => changeOf.get(event) ?? null), endpoints }
}

const lock = (session: Session, names: readonly string[]): Promise<LockedRow[]> =>
  session.query<LockedRow>(
    `SELECT ${COLUMNS} FROM ${SCHEMA}.endpoints e WHERE e.endpoint = ANY ($1::text[]) ORDER BY e.endpoint FOR UPDATE`,
    [names],
  )

interface Reduced extends ReducedGroup {
  readonly changes: readonly Change[]
  readonly changed: readonly Changed[]
  readonly incidents: readonly Incident[]
  readonly verdicts: readonly { readonly id: string; readonly verdict: Verdict }[]
}

interface Changed {
  readonly state: EndpointState
  readonly at: number
  /** Before the change. */
  readonly version: number
}

const namesOf = (events: readonly EndpointEvent[]): string[] =>
  [...new Set(events.map(({ endpoint }) => endpoint))].sort()

/** @param before every endpoint that an event is of */
function reduce(
  events: readonly EndpointEvent[],
  before: ReadonlyMap<string, Versioned>,
  settings: IncidentSettings,
): Reduced {
  const states = new Map([...before].map(([name, { state }]) => [name, state]))
  const changed = new Map<string, number>()
  const incidents = new Map<string, Incident>()
  const verdicts: { readonly id: string; readonly verdict: Verdict }[] = []
  const changes = events.map(({ endpoint, event }) => {
    const last = states.get(endpoint)!
    const { state, change } = reduceIncident(last, event, settings)
    if (state === last) return change
    states.set(endpoint, state)
    changed.set(endpoint, event.at)
    if (state.incident) incidents.set(state.incident.id, state.incident)
    if (event.type === 'verdict') verdicts.push({ id: state.incident!.id, verdict: event.verdict })
    return change
  })
  const endpoints = new Map<string, Versioned>()
  for (const [name, { version }] of before) {
    endpoints.set(name, { state: states.get(name)!, version: changed.has(name) ? version + 1 : version })
  }
  return {
    changes,
    endpoints,
    changed: [...changed].map(([name, at]) => ({ state: states.get(name)!, at, version: before.get(name)!.version })),
    incidents: [...incidents.values()],
    verdicts,
  }
}

/** What a group makes of its endpoints if they are as this replica knows them. */
export interface Assumed extends ReducedGroup {
  /** Of the parameters of `assumption`. */
  readonly values: readonly unknown[]
}

/**
 * Makes what a group changes from what this replica knows, without reading.
 * @param events of failures alone
 * @returns undefined where an endpoint is not known
 */
export function assumeGroup(
  events: readonly EndpointEvent[],
  settings: IncidentSettings,
  known: Pick<KnownEndpoints, 'get'>,
): Assumed | undefined {
  const before = new Map<string, Versioned>()
  for (const name of namesOf(events)) {
    const endpoint = known.get(name)
    if (!endpoint) return undefined
    before.set(name, endpoint)
  }
  const { changes, endpoints, changed, incidents } = reduce(events, before, settings)
  return { changes, endpoints, values: [...endpointColumns(changed), ...incidentColumns(incidents)] }
}

/**
 * The common table expressions that write it within a larger statement, and a value that makes the statement fail with
 * `division_by_zero` (22012) where another replica has changed one of the endpoints since.
 * @param first number of the first parameter
 */
export function assumption(first: number): { readonly expressions: string; readonly check: string } {
  return {
    // The rows are held in one order for all, like every lock; counted, so that all are before the first is changed.
    expressions: `held AS (SELECT e.endpoint FROM ${SCHEMA}.endpoints e WHERE e.endpoint = ANY ($${first}::text[])
        ORDER BY e.endpoint FOR UPDATE),
      changed AS (${saveEndpoints(first)} AND (SELECT count(*) FROM held) > 0 RETURNING 1),
      kept AS (${saveIncidents(first + ENDPOINT_COLUMNS)})`,
    check: `1 / (CASE WHEN (SELECT count(*) FROM changed) = cardinality($${first}::text[]) THEN 1 ELSE 0 END)`,
  }
}

/** Rows to lock, for endpoints that a failure or a probe makes known. Other events do nothing to a new one. */
async function insertNew(
  session: Session,
  names: readonly string[],
  events: readonly EndpointEvent[],
  places: Places,
): Promise<void> {
  const made = new Set(events.flatMap(({ endpoint, event }) => (makesKnown(event) ? [endpoint] : [])))
  const fresh = await placed(
    session,
    names.filter((name) => made.has(name)),
    places,
  )
  if (fresh.length === 0) return
  // Above every version of a row of that name that was there before and that somebody may still know.
  const version = Math.max(...events.map(({ event }) => event.at))
  await session.execute(
    `INSERT INTO ${SCHEMA}.endpoints (endpoint, failed_probes, incidents, changed_at, version, updated_at)
     SELECT name, 0, 0, 0, $2::bigint, now() FROM unnest($1::text[]) AS name ON CONFLICT (endpoint) DO NOTHING`,
    [fresh, version],
  )
}

const makesKnown = ({ type }: IncidentEvent): boolean => type === 'failure' || type === 'probe'

/** @returns those that have a place, or find one: first come, first served, by whichever replica */
async function placed(session: Session, names: readonly string[], { configured, limit }: Places): Promise<string[]> {
  const reserved = new Set(configured)
  if (names.every((name) => reserved.has(name))) return [...names]
  // Any row that is always there: one replica at a time gives places away.
  await session.execute(`SELECT 1 FROM ${SCHEMA}.schema_version FOR UPDATE`)
  const rows = await session.query<[string]>(`SELECT endpoint FROM ${SCHEMA}.endpoints`)
  const taken = new Set(rows.map(([endpoint]) => endpoint))
  let free = limit - reserved.size
  for (const name of taken) if (!reserved.has(name)) free--
  return names.filter((name) => reserved.has(name) || taken.has(name) || free-- > 0)
}

const saveIncidents = (first: number): string => `INSERT INTO ${SCHEMA}.incidents (id, endpoint, closed_at, incident)
  SELECT * FROM unnest($${first}::uuid[], $${first + 1}::text[], $${first + 2}::bigint[], $${first + 3}::text[])
  ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, incident = excluded.incident`

function incidentColumns(incidents: readonly Incident[]): unknown[] {
  // Closed ones first: where one ends and the next begins in one group, at no point are two open.
  const sorted = incidents.toSorted(
    (a, b) => Number(a.closedAt === null) - Number(b.closedAt === null) || (a.id < b.id ? -1 : 1),
  )
  return [
    sorted.map(({ id }) => id),
    sorted.map(({ endpoint }) => endpoint),
    sorted.map(({ closedAt }) => closedAt),
    sorted.map((incident) => JSON.stringify(incident)),
  ]
}

async function saveVerdicts(session: Session, verdicts: readonly { id: string; verdict: Verdict }[]): Promise<void> {
  if (verdicts.length === 0) return
  const rows = await session.query<[string, string]>(
    `SELECT id, verdicts FROM ${SCHEMA}.incidents WHERE id = ANY ($1::uuid[])`,
    [verdicts.map(({ id }) => id)],
  )
  const histories = new Map(rows.map(([id, history]) => [id, JSON.parse(history) as Verdict[]]))
  for (const { id, verdict } of verdicts) histories.set(id, addVerdict(histories.get(id) ?? [], verdict))
  const ids = [...histories.keys()]
  await session.execute(
    `UPDATE ${SCHEMA}.incidents SET verdicts = v.verdicts FROM unnest($1::uuid[], $2::text[]) AS v (id, verdicts)
     WHERE incidents.id = v.id`,
    [ids, ids.map((id) => JSON.stringify(histories.get(id)))],
  )
}

/** Of an endpoint that is at another version by now nothing is written. */
const saveEndpoints = (first: number): string => `UPDATE ${SCHEMA}.endpoints SET good_at = v.good_at,
    good_proof = v.good_proof, failed_probes = v.failed_probes, incidents = v.incidents, incident_id = v.incident_id,
    changed_at = v.changed_at, version = endpoints.version + 1, updated_at = now()
  FROM unnest($${first}::text[], $${first + 1}::bigint[], $${first + 2}::text[], $${first + 3}::bigint[],
      $${first + 4}::bigint[], $${first + 5}::uuid[], $${first + 6}::bigint[], $${first + 7}::bigint[])
    AS v (endpoint, good_at, good_proof, failed_probes, incidents, incident_id, changed_at, version)
  WHERE endpoints.endpoint = v.endpoint AND endpoints.version = v.version`

const ENDPOINT_COLUMNS = 8
function endpointColumns(changed: readonly Changed[]): unknown[] {
  const column = <T>(value: (state: EndpointState) => T): T[] => changed.map(({ state }) => value(state))
  return [
    column(({ endpoint }) => endpoint),
    column(({ goodAt }) => goodAt),
    column(({ goodProof }) => goodProof),
    column(({ failedProbes }) => failedProbes),
    column(({ incidents }) => incidents),
    column(({ incident }) => incident?.id ?? null),
    changed.map(({ at }) => at),
    changed.map(({ version }) => version),
  ]
}

/** Drops endpoints without an open incident that have not changed since, milliseconds since the epoch. */
export function forgetEndpoints(session: Session, unchangedSince: number): Promise<number> {
  return session.execute(
    `DELETE FROM ${SCHEMA}.endpoints e WHERE e.changed_at < $1 AND NOT EXISTS
       (SELECT 1 FROM ${SCHEMA}.incidents i WHERE i.endpoint = e.endpoint AND i.closed_at IS NULL)`,
    [unchangedSince],
  )
}

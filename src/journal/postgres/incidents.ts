import type { OutboxEvent } from '../../domain/incident/hook.ts'
import {
  type Change,
  type EndpointState,
  type Incident,
  type IncidentSettings,
  isTimelineRow,
  signalsTotal,
} from '../../domain/incident/incident.ts'
import { reduceWithEffects } from '../../domain/incident/incident-effects.ts'
import { incidentAdmission } from '../../domain/incident/unconfigured-limit.ts'
import { addVerdict, type Verdict } from '../../domain/verdict/verdict.ts'
import { deliveredJson, parseVerdicts, recoveryColumn } from '../core/stored-incident.ts'
import { GroupAdmission } from './admission.ts'
import { type EndpointEvent, type KnownEndpoints, lockEndpoints, NO_ROW, namesOf, type Versioned } from './endpoints.ts'
import { SCHEMA } from './migrations.ts'
import { insertEvents } from './outbox.ts'
import type { Session } from './session.ts'
import type { AssignedSignal } from './signals.ts'
import type { Slots } from './slots.ts'
import { unnest } from './values.ts'

/** What a group made of its endpoints; it holds once the group is committed. */
export interface ReducedGroup {
  /** One an event, in order; null for one of an endpoint that found no place any more. */
  readonly changes: readonly (Change | null)[]
  /** After the whole group. */
  readonly endpoints: ReadonlyMap<string, Versioned>
  /** Signals that are rows of an incident's timeline. */
  readonly timeline: readonly AssignedSignal[]
}

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
    slots,
    last,
  }: {
    readonly known: Pick<KnownEndpoints, 'get'>
    readonly slots: Slots
    readonly last: (statement: Promise<unknown>) => void
  },
): Promise<ReducedGroup> {
  if (events.length === 0) return { changes: [], endpoints: new Map(), timeline: [] }
  const admission = new GroupAdmission(session, settings)
  const decided = await admission.decide(events, known)
  const before = await lockEndpoints(session, decided, { known, slots })
  // Of an endpoint without a row nothing is kept.
  const withRow = decided.filter(({ endpoint }) => before.get(endpoint)!.version !== NO_ROW)
  const fitting = await admission.decideAgain(withRow, before)
  const { changes, endpoints, timeline, changed, incidents, verdicts, outbox } = reduce(fitting, before, settings)
  if (incidents.length > 0) last(session.execute(saveIncidents(1), incidentColumns(incidents)))
  await saveVerdicts(session, verdicts)
  if (changed.length > 0) last(session.execute(saveEndpoints(1), endpointColumns(changed)))
  if (outbox.length > 0) last(insertEvents(session, outbox))
  const changeOf = new Map(fitting.map((event, index) => [event, changes[index]!]))
  return { changes: events.map((event) => changeOf.get(event) ?? null), endpoints, timeline }
}

interface Reduced extends ReducedGroup {
  readonly changes: readonly Change[]
  readonly changed: readonly Changed[]
  readonly incidents: readonly Incident[]
  readonly verdicts: readonly { readonly id: string; readonly verdict: Verdict }[]
  readonly outbox: readonly OutboxEvent[]
}

interface Changed {
  readonly state: EndpointState
  readonly at: number
  /** Before the change. */
  readonly version: number
}

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
  const outbox: OutboxEvent[] = []
  const timeline: AssignedSignal[] = []
  const changes = events.map(({ endpoint, event }) => {
    const last = states.get(endpoint)!
    const { state, change, outbox: added } = reduceWithEffects(last, event, settings)
    outbox.push(...added)
    if (state === last) return change
    states.set(endpoint, state)
    changed.set(endpoint, event.at)
    if (state.incident) incidents.set(state.incident.id, state.incident)
    // Not the incident after the group, which may have closed since, or be the next one.
    if (event.type === 'signal' && isTimelineRow(signalsTotal(last), change, state))
      timeline.push({ signal: event.signal, incidentId: state.incident!.id })
    if (event.type === 'verdict') verdicts.push({ id: state.incident!.id, verdict: event.verdict })
    return change
  })
  const endpoints = new Map<string, Versioned>()
  for (const [name, { version }] of before) {
    const state = states.get(name)!
    const next = { state: { ...state, version: version + 1 }, version: version + 1 }
    endpoints.set(name, changed.has(name) ? next : { state, version })
  }
  return {
    changes,
    endpoints,
    timeline,
    changed: [...changed].map(([name, at]) => ({ state: states.get(name)!, at, version: before.get(name)!.version })),
    incidents: [...incidents.values()],
    verdicts,
    outbox,
  }
}

/** What a group makes of its endpoints if they are as this replica knows them. */
export interface PredictedGroup extends ReducedGroup {
  /** Of the parameters of `checkedWrite`. */
  readonly values: readonly unknown[]
}

/**
 * Makes what a group changes from what this replica knows, without reading.
 * @param events of failures alone
 * @returns undefined where a lock is needed: an endpoint is not known, its incident needs room, or hooks are to be sent events
 */
export function predictGroup(
  events: readonly EndpointEvent[],
  settings: IncidentSettings,
  known: Pick<KnownEndpoints, 'get'>,
): PredictedGroup | undefined {
  const before = new Map<string, Versioned>()
  for (const name of namesOf(events)) {
    const endpoint = known.get(name)
    if (!endpoint) return undefined
    before.set(name, endpoint)
  }
  const admission = incidentAdmission(settings.unconfigured)
  if (admission && events.some((e) => admission.isLimited(e.endpoint, before.get(e.endpoint)!.state, e.event)))
    return undefined
  const { changes, endpoints, timeline, changed, incidents, outbox } = reduce(events, before, settings)
  if (outbox.length > 0) return undefined
  return { changes, endpoints, timeline, values: [...endpointColumns(changed), ...incidentColumns(incidents)] }
}

/**
 * The common table expressions that write it within a larger statement, and a value that makes the statement fail with
 * `division_by_zero` (22012) where another replica has changed one of the endpoints since.
 * @param first number of the first parameter
 */
export function checkedWrite(first: number): { readonly expressions: string; readonly check: string } {
  return {
    // The rows are held in one order for all, like every lock; counted, so that all are before the first is changed.
    expressions: `held AS (SELECT e.endpoint FROM ${SCHEMA}.endpoints e WHERE e.endpoint = ANY ($${first}::text[])
        ORDER BY e.endpoint FOR UPDATE),
      changed AS (${saveEndpoints(first)} AND (SELECT count(*) FROM held) > 0 RETURNING 1),
      kept AS (${saveIncidents(first + ENDPOINT_COLUMNS.length)})`,
    check: `1 / (CASE WHEN (SELECT count(*) FROM changed) = cardinality($${first}::text[]) THEN 1 ELSE 0 END)`,
  }
}

const saveIncidents = (first: number): string => `INSERT INTO ${SCHEMA}.incidents
    (id, endpoint, closed_at, incident, recovery)
  SELECT * FROM ${unnest(['uuid', 'text', 'bigint', 'text', 'text'], first)}
  ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, incident = excluded.incident,
    recovery = excluded.recovery`

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
    sorted.map(recoveryColumn),
  ]
}

async function saveVerdicts(session: Session, verdicts: readonly { id: string; verdict: Verdict }[]): Promise<void> {
  if (verdicts.length === 0) return
  const rows = await session.query<[string, string]>(
    `SELECT id, verdicts FROM ${SCHEMA}.incidents WHERE id = ANY ($1::uuid[])`,
    [verdicts.map(({ id }) => id)],
  )
  const histories = new Map(rows.map(([id, history]) => [id, parseVerdicts(history)]))
  for (const { id, verdict } of verdicts) histories.set(id, addVerdict(histories.get(id) ?? [], verdict))
  const ids = [...histories.keys()]
  await session.execute(
    `UPDATE ${SCHEMA}.incidents SET verdicts = v.verdicts FROM unnest($1::uuid[], $2::text[]) AS v (id, verdicts)
     WHERE incidents.id = v.id`,
    [ids, ids.map((id) => JSON.stringify(histories.get(id)))],
  )
}

/** What a group writes of an endpoint, column by column. */
const ENDPOINT_COLUMNS: readonly {
  readonly name: string
  readonly type: string
  readonly value: (changed: Changed) => unknown
}[] = [
  { name: 'endpoint', type: 'text', value: ({ state }) => state.endpoint },
  { name: 'good_at', type: 'bigint', value: ({ state }) => state.goodAt },
  { name: 'good_proof', type: 'text', value: ({ state }) => state.goodProof },
  { name: 'failed_probes', type: 'bigint', value: ({ state }) => state.failedProbes },
  { name: 'incidents', type: 'bigint', value: ({ state }) => state.incidents },
  { name: 'incident_id', type: 'uuid', value: ({ state }) => state.incident?.id ?? null },
  { name: 'changed_at', type: 'bigint', value: ({ at }) => at },
  { name: 'delivered', type: 'text', value: ({ state }) => deliveredJson(state.delivered) },
  { name: 'version', type: 'bigint', value: ({ version }) => version },
]
const SET_ENDPOINT = ENDPOINT_COLUMNS.filter(({ name }) => name !== 'endpoint' && name !== 'version')
  .map(({ name }) => `${name} = v.${name}`)
  .join(', ')

/** An endpoint that another replica has changed since has another version, and is left alone. */
const saveEndpoints = (first: number): string => `UPDATE ${SCHEMA}.endpoints
  SET ${SET_ENDPOINT}, version = endpoints.version + 1, updated_at = now()
  FROM ${unnest(
    ENDPOINT_COLUMNS.map(({ type }) => type),
    first,
  )} AS v (${ENDPOINT_COLUMNS.map(({ name }) => name).join(', ')})
  WHERE endpoints.endpoint = v.endpoint AND endpoints.version = v.version`

const endpointColumns = (changed: readonly Changed[]): unknown[] =>
  ENDPOINT_COLUMNS.map(({ value }) => changed.map(value))

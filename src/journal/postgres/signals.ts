import type { Change } from '../../domain/incident/incident.ts'
import { KNOWN_SIGNALS_LIMIT, TIMELINE_LIMIT } from '../../domain/incident/timeline.ts'
import type { SignalEntry } from '../../domain/ports/journal.ts'
import type { SignalResult } from '../core/complete.ts'
import type { StoredSignalRow } from '../core/records.ts'
import type { EndpointEvent } from './endpoints.ts'
import { fenced } from './lease.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'
import { text, unnest } from './values.ts'

/** Milliseconds for what no request waits for. */
const DEADLINE = 60_000
const COLUMNS = 'id, received_at, source, tenant, key, incident_id, signal'
const TYPES = ['uuid', 'bigint', 'text', 'text', 'text', 'uuid', 'text']

const nameOf = (source: string, tenant: string, key: string): string => `${text(source)}\0${text(tenant)}\0${text(key)}`

/**
 * Inserts signals within the transaction of a group, in one order for all replicas. Their incidents are not known yet, and
 * without one nothing but the id is kept.
 * @returns for each, in order, the id of the one that is known by its sender's id or its own; null if it is new
 */
export async function insertSignals(session: Session, entries: readonly SignalEntry[]): Promise<(string | null)[]> {
  if (entries.length === 0) return []
  const rows = entries
    .map(({ signal, key = null }) => ({ ...signal, key, incidentId: null, signal: '' }))
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  const added = await session.query<[string]>(`${INSERT} RETURNING id`, columnsOf(rows))
  const fresh = new Set(added.map(([id]) => id))
  if (fresh.size === entries.length) return entries.map(() => null)
  const keyed = entries.filter(({ key }) => key !== undefined)
  const known = await session.query<[string, string, string, string]>(
    `SELECT s.source, s.tenant, s.key, s.id FROM ${SCHEMA}.signals s
     JOIN ${unnest(['text', 'text', 'text'])} AS asked (source, tenant, key)
     ON s.source = asked.source AND s.tenant = asked.tenant AND s.key = asked.key`,
    [
      keyed.map(({ signal }) => text(signal.source)),
      keyed.map(({ signal }) => text(signal.tenant)),
      keyed.map(({ key }) => text(key!)),
    ],
  )
  const ids = new Map(known.map(([source, tenant, key, id]) => [nameOf(source, tenant, key), id]))
  return entries.map(({ signal: { id, source, tenant }, key }) => {
    if (fresh.has(id)) return null
    return (key === undefined ? undefined : ids.get(nameOf(source, tenant, key))) ?? id
  })
}

const INSERT = `INSERT INTO ${SCHEMA}.signals (${COLUMNS}) SELECT * FROM ${unnest(TYPES)} ON CONFLICT DO NOTHING`

const sortKey = ({ source, tenant, key, id }: Omit<StoredSignalRow, 'receivedAt' | 'incidentId' | 'signal'>): string =>
  key === null ? id : nameOf(source, tenant, key)

const columnsOf = (rows: readonly StoredSignalRow[]): unknown[] => [
  rows.map(({ id }) => id),
  rows.map(({ receivedAt }) => receivedAt),
  rows.map(({ source }) => text(source)),
  rows.map(({ tenant }) => text(tenant)),
  rows.map(({ key }) => (key === null ? null : text(key))),
  rows.map(({ incidentId }) => incidentId),
  rows.map(({ signal }) => text(signal)),
]

/** A signal as an event of its endpoint's incident. */
export const signalEvent = ({ signal, openedBy }: SignalEntry): EndpointEvent => ({
  endpoint: signal.endpoint,
  event: { type: 'signal', at: signal.receivedAt, signal, ...(openedBy !== undefined && { openedBy }) },
})

/** A new signal, and the incident that has it in its timeline. */
export interface AssignedSignal {
  readonly signal: SignalEntry['signal']
  readonly incidentId: string
}

/** Makes signals rows of their incidents' timelines, each of which keeps its first row and the newest. */
export async function assignSignals(session: Session, assigned: readonly AssignedSignal[]): Promise<void> {
  if (assigned.length === 0) return
  await session.execute(
    `UPDATE ${SCHEMA}.signals SET incident_id = a.incident_id, signal = a.signal
     FROM ${unnest(['uuid', 'uuid', 'text'])} AS a (id, incident_id, signal) WHERE signals.id = a.id`,
    [
      assigned.map(({ signal }) => signal.id),
      assigned.map(({ incidentId }) => incidentId),
      assigned.map(({ signal }) => text(JSON.stringify(signal))),
    ],
  )
  await session.execute(
    `UPDATE ${SCHEMA}.signals SET incident_id = NULL, signal = '' WHERE id IN (
       SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY incident_id ORDER BY id) AS first,
         row_number() OVER (PARTITION BY incident_id ORDER BY id DESC) AS last
         FROM ${SCHEMA}.signals WHERE incident_id = ANY ($1::uuid[])) AS rows WHERE first > 1 AND last >= $2)`,
    [[...new Set(assigned.map(({ incidentId }) => incidentId))], TIMELINE_LIMIT],
  )
}

export const signalResult = (duplicateOf: string | null, signal: Change | null): SignalResult => ({
  duplicateOf,
  signal,
})

/**
 * Removes what is older (milliseconds since the epoch) and of no incident, and what exceeds the limit of known ids: the oldest ones
 * of the tenants that have more than an equal share, since none may make the ids of another be forgotten.
 */
export async function expireSignals(
  session: Session,
  { before, fence }: { readonly before: number; readonly fence: number },
): Promise<void> {
  await session.execute(
    `DELETE FROM ${SCHEMA}.signals s WHERE s.received_at < $2 AND ${fenced('$1')}
       AND NOT EXISTS (SELECT 1 FROM ${SCHEMA}.incidents i WHERE i.id = s.incident_id)`,
    [fence, before],
    DEADLINE,
  )
  await session.execute(
    `DELETE FROM ${SCHEMA}.signals WHERE incident_id IS NULL AND ${fenced('$1')} AND id IN
       (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY source, tenant ORDER BY id DESC) AS n
          FROM ${SCHEMA}.signals WHERE incident_id IS NULL) AS ranked ORDER BY n, id DESC OFFSET $2)`,
    [fence, KNOWN_SIGNALS_LIMIT],
    DEADLINE,
  )
}

/** All rows, for moving them to another journal. */
export async function signalRows(session: Session): Promise<StoredSignalRow[]> {
  const rows = await session.query<[string, number, string, string, string | null, string | null, string]>(
    `SELECT ${COLUMNS} FROM ${SCHEMA}.signals`,
    [],
    DEADLINE,
  )
  return rows.map(([id, receivedAt, source, tenant, key, incidentId, signal]) => ({
    id,
    receivedAt,
    source,
    tenant,
    key,
    incidentId,
    signal,
  }))
}

export async function putSignalRows(session: Session, rows: readonly StoredSignalRow[]): Promise<void> {
  if (rows.length > 0) await session.execute(INSERT, columnsOf(rows), DEADLINE)
}

import type { IncidentSettings } from '../../domain/incident/incident.ts'
import { reduceRecoveryWithEffects } from '../../domain/incident/incident-effects.ts'
import type { Result } from '../core/complete.ts'
import type { Commands } from '../core/queue.ts'
import { parseIncident, recoveryColumn } from '../core/stored-incident.ts'
import { lockEndpoint, type Versioned } from './endpoints.ts'
import { SCHEMA } from './migrations.ts'
import { insertEvents } from './outbox.ts'
import type { Session } from './session.ts'

interface Recovered {
  readonly result: Result
  /** The endpoint after it, if the incident is its newest one. */
  readonly endpoint?: Versioned
}

/**
 * Applies an event to the recovery of an incident, in its own transaction. The incident's endpoint is locked first, as
 * every writer of incidents does; its version grows, so that other replicas read the incident again.
 */
export function recoverIncident(
  session: Session,
  { id, event }: Commands['recovery']['command'],
  { incidents, deadline }: { readonly incidents: IncidentSettings; readonly deadline: number },
): Promise<Recovered> {
  return session.transaction(async () => {
    const [found] = await session.query<[string]>(`SELECT endpoint FROM ${SCHEMA}.incidents WHERE id = $1::uuid`, [id])
    if (!found) return { result: { recovery: null } }
    const locked = await lockEndpoint(session, found[0])
    const [row] = await session.query<[string]>(
      `SELECT incident FROM ${SCHEMA}.incidents WHERE id = $1::uuid FOR UPDATE`,
      [id],
    )
    if (!row) return { result: { recovery: null } }
    const before = parseIncident(row[0])
    const { outbox, ...applied } = reduceRecoveryWithEffects(before, event, incidents.hooks)
    const { incident } = applied
    if (incident === before) return { result: { recovery: applied } }
    await session.execute(`UPDATE ${SCHEMA}.incidents SET incident = $2, recovery = $3 WHERE id = $1::uuid`, [
      id,
      JSON.stringify(incident),
      recoveryColumn(incident),
    ])
    await insertEvents(session, outbox)
    const result = { recovery: applied }
    if (locked?.state.incident?.id !== incident.id) return { result }
    const version = locked.version + 1
    await session.execute(`UPDATE ${SCHEMA}.endpoints SET version = $2, updated_at = now() WHERE endpoint = $1`, [
      incident.endpoint,
      version,
    ])
    return { result, endpoint: { state: { ...locked.state, incident, version }, version } }
  }, deadline)
}

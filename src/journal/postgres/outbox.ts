import type { OutboxEvent } from '../../domain/incident/hook.ts'
import type { RecoveryStatus } from '../../domain/incident/recovery.ts'
import type { HookStore } from '../core/group-journal.ts'
import type { OutboxRow } from '../core/records.ts'
import { type EventRow, eventJson, pendingEvent } from '../core/stored-event.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

/**
 * Adds events within the transaction that changes their incidents, after the incidents' endpoints were locked: so their
 * sequences are in the order in which the changes are committed.
 */
export const insertEvents = (session: Session, events: readonly OutboxEvent[]): Promise<unknown> =>
  insertOutboxRows(
    session,
    events.map((event) => ({ hook: event.hook, id: event.id, event: eventJson(event) })),
  )

/** In the order given. */
export async function insertOutboxRows(session: Session, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return
  await session.execute(
    `INSERT INTO ${SCHEMA}.outbox (hook, id, event)
     SELECT hook, id, event FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS v (hook, id, event, place)
     ORDER BY place ON CONFLICT (hook, id) DO NOTHING`,
    [rows.map(({ hook }) => hook), rows.map(({ id }) => id), rows.map(({ event }) => event)],
  )
}

/** Oldest first. */
export async function outboxRows(session: Session): Promise<OutboxRow[]> {
  const rows = await session.query<[string, string, string]>(
    `SELECT hook, id, event FROM ${SCHEMA}.outbox ORDER BY sequence`,
  )
  return rows.map(([hook, id, event]) => ({ hook, id, event }))
}

/** What hooks and recoveries read and remove. @param lend gives the work a session */
export const hookStore = (lend: <T>(work: (session: Session) => Promise<T>) => Promise<T>): HookStore => ({
  pendingEvents: (hook, limit) =>
    lend(async (session) => {
      const rows = await session.query<EventRow>(
        `SELECT sequence, hook, id, event FROM ${SCHEMA}.outbox WHERE hook = $1 ORDER BY sequence LIMIT $2`,
        [hook, limit],
      )
      return rows.map(pendingEvent)
    }),
  removeEvents: (sequences) =>
    lend(async (session) => {
      await session.execute(`DELETE FROM ${SCHEMA}.outbox WHERE sequence = ANY ($1::bigint[])`, [sequences])
    }),
  recoveries: () =>
    lend(async (session) => {
      const rows = await session.query<[string, RecoveryStatus, number, number]>(
        `SELECT endpoint, coalesce(recovery, 'not_needed'), count(*), min(closed_at) FROM ${SCHEMA}.incidents
         WHERE closed_at IS NOT NULL GROUP BY 1, 2`,
      )
      return rows.map(([endpoint, status, incidents, oldestClosedAt]) => ({
        endpoint,
        status,
        incidents,
        oldestClosedAt,
      }))
    }),
})

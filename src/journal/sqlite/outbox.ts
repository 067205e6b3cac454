import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { OutboxEvent } from '../../domain/incident/hook.ts'
import type { RecoveryCount } from '../../domain/ports/journal.ts'
import type { PendingEvent } from '../../domain/ports/outbox.ts'
import { eventJson, pendingEvent } from '../core/stored-event.ts'

/** The statement that `insertEvents` runs. */
export const prepareOutbox = (db: DatabaseSync): StatementSync =>
  db.prepare('INSERT INTO outbox (hook, id, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')

/** Adds events within the transaction that changes their incidents. */
export function insertEvents(insert: StatementSync, events: readonly OutboxEvent[]): void {
  for (const event of events) insert.run(event.hook, event.id, eventJson(event))
}

/** The oldest events of a hook. */
export function pendingEvents(db: DatabaseSync, hook: string, limit: number): PendingEvent[] {
  const rows = db
    .prepare('SELECT sequence, hook, id, event FROM outbox WHERE hook = ? ORDER BY sequence LIMIT ?')
    .all(hook, limit)
  return rows.map(({ sequence, hook: name, id, event }) =>
    pendingEvent([sequence as number, name as string, id as string, event as string]),
  )
}

/** Removes events that were delivered or given up. */
export function removeEvents(db: DatabaseSync, sequences: readonly number[]): void {
  db.prepare('DELETE FROM outbox WHERE sequence IN (SELECT value FROM json_each(?))').run(JSON.stringify(sequences))
}

/** Removes events from before (milliseconds since the epoch): those of a hook that is no longer configured. */
export function expireEvents(db: DatabaseSync, before: number): void {
  db.prepare(`DELETE FROM outbox WHERE json_extract(event, '$.at') < ?`).run(before)
}

/** As of `Journal.recoveries`. */
export const recoveries = (db: DatabaseSync): RecoveryCount[] =>
  db
    .prepare(
      `SELECT endpoint, coalesce(recovery, 'not_needed') AS status, count(*) AS incidents, min(closed_at) AS oldestClosedAt
       FROM incidents WHERE closed_at IS NOT NULL GROUP BY 1, 2`,
    )
    .all() as unknown as RecoveryCount[]

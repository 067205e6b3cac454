import type { OutboxEvent } from '../incident/hook.ts'

/** Milliseconds after an event until it is given up. */
export const GIVE_UP_AFTER = 86_400_000
/** How long an event is kept at least, however short the retention time is, milliseconds: its hook may still be sent it. */
export const EVENT_MEMORY = 2 * GIVE_UP_AFTER

/** An event that waits to be delivered. `sequence` grows with each event that is written, and never repeats. */
export interface PendingEvent extends OutboxEvent {
  readonly sequence: number
}

/**
 * The events that hooks are still to be sent. Each was written in the transaction that changed its incident.
 *
 * Promises, for every adapter: an event is there until it is removed, over kills and power cuts; a hook's events come in
 * the order in which their transactions were committed, as far as they are of one incident.
 */
export interface Outbox {
  /**
   * The oldest events of a hook, in order.
   * @throws AppError (as rejection) `journal_unavailable`
   */
  pendingEvents(hook: string, limit: number): Promise<readonly PendingEvent[]>
  /** Removes events that were delivered or given up. @throws AppError (as rejection) `journal_unavailable` */
  removeEvents(sequences: readonly number[]): Promise<void>
}

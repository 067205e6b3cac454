import type { OutboxEvent } from '../../domain/incident/hook.ts'
import type { PendingEvent } from '../../domain/ports/outbox.ts'

/** A row of the outbox. */
export type EventRow = readonly [sequence: number, hook: string, id: string, event: string]

/** What the column `event` holds. */
export const eventJson = ({ event, at, incident, recovery }: OutboxEvent): string =>
  JSON.stringify({ event, at, incident, recovery })

export const pendingEvent = ([sequence, hook, id, event]: EventRow): PendingEvent => ({
  sequence,
  hook,
  id,
  ...(JSON.parse(event) as Pick<OutboxEvent, 'event' | 'at' | 'incident' | 'recovery'>),
})

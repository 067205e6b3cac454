import type { IncomingHttpHeaders } from 'node:http'
import type { HookEvent } from '../../src/domain/incident/hook-plan.ts'
import type { Incident } from '../../src/domain/incident/incident.ts'
import type { Outbox, PendingEvent } from '../../src/domain/ports/outbox.ts'

export const OPTIONS = {
  base: 'https://ops.example/webhooks',
  source: 'https://ops.example/webhooks',
  runbook: 'https://runbook.example',
}

export const FACTS = {
  event: 'order.created',
  team: 'shop',
  severity: 'critical',
  recoveryRequests: [
    {
      resource: 'invoices',
      method: 'GET',
      url: 'https://$ID.retm.sa/list',
      headers: { Accept: 'application/json' },
      documented: true,
    },
  ],
}

export const incident = (id: string, more: Partial<Incident> = {}): Incident =>
  ({
    id,
    endpoint: 'orders',
    openedAt: 1_000,
    closedAt: 9_000,
    resolution: 'proven',
    reason: null,
    firstFailureAt: 2_000,
    lastFailureAt: 3_000,
    failures: 2,
    sources: ['retm'],
    tenants: ['burger-house'],
    tenantsComplete: true,
    causes: {},
    report: null,
    cause: 'timeout',
    verdict: null,
    loss: { from: 500, fromProof: 'path', until: 8_000, untilProof: 'path' },
    reopened: 0,
    quietSince: 0,
    goodRun: null,
    ...more,
  }) as unknown as Incident

/** An outbox in memory. */
export function memoryOutbox() {
  const rows: PendingEvent[] = []
  let sequence = 0
  const outbox: Outbox = {
    pendingEvents: async (hook, limit) => rows.filter((row) => row.hook === hook).slice(0, limit),
    async removeEvents(sequences) {
      for (const each of sequences)
        rows.splice(
          rows.findIndex((row) => row.sequence === each),
          1,
        )
    },
  }
  return {
    outbox,
    rows,
    add(id: string, event: HookEvent, at = Date.now()): void {
      sequence++
      const change = event.split('.')[1]
      rows.push({
        sequence,
        hook: 'backfill',
        id: `${id}-${change}-1`,
        event,
        at,
        incident: incident(id),
        recovery: null,
      })
    },
  }
}

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly at: number
}

import type { IncidentEvent } from '../../domain/incident/incident.ts'
import type { Failure } from '../../domain/report/failure.ts'

/**
 * A failure as an event of its endpoint's incident.
 * @param isProvable as of `Entry`
 * @param openedBy as of `Entry`
 */
export const failureEvent = (
  { id, receivedAt: at, code, cause, source, tenant, url }: Omit<Failure, 'endpoint' | 'message' | 'traceId'>,
  isProvable = false,
  openedBy?: string,
): Extract<IncidentEvent, { type: 'failure' }> => {
  const event = { type: 'failure', at, id, code, cause, source, tenant } as const
  if (openedBy !== undefined) return { ...event, openedBy, ...(isProvable && { url }) }
  return isProvable ? { ...event, url } : event
}

import type { Incident } from '../domain/incident/incident.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import { rfc3339 } from '../domain/text/human.ts'

/** One line per change of an incident, not per failure. */
export function logTransition(
  log: Pick<Log, 'info' | 'warn'>,
  change: 'opened' | 'reopened' | 'closed',
  incident: Incident,
): void {
  const { id, endpoint, cause, failures, resolution, loss, signals } = incident
  // Without a lost delivery the platform has not given up on anything yet.
  const fields = { incident_id: id, endpoint, cause, failures, ...(signals && { early_warnings: signals.warnings }) }
  const lossWindow = { from: rfc3339(loss.from), until: rfc3339(loss.until) }
  if (change === 'closed') log.info({ ...fields, resolution, loss: lossWindow }, 'incident closed')
  else log.warn(fields, `incident ${change}`)
}

import type { IncidentEvent } from '../domain/incident/incident.ts'
import { conclusive, guarded, totalTime } from '../domain/verdict/observation.ts'
import { deciding, isDownInside, type Latest } from './incident-verdicts.ts'
import type { ProbeRound } from './probing.ts'

type ProbeEvent = Extract<IncidentEvent, { type: 'probe' }>

/** What a round of probes means for the incident of its endpoint; undefined if it had no probe. */
export function probeEvent(
  { trigger }: Pick<ProbeRound, 'trigger'>,
  views: Latest,
  newId: (at: number) => string,
): ProbeEvent | undefined {
  const result = deciding(views)
  if (!result) return undefined
  // A proxy in front may answer for an application that does not.
  const isInsideDown = isDownInside(views)
  const unseen = conclusive(result) || isInsideDown ? undefined : guarded(result) ? 'not_probed' : 'blind'
  const { startedAt, status, cause, pathUnproven } = result
  const at = startedAt + totalTime(result)
  return {
    type: 'probe',
    at,
    startedAt,
    id: newId(at),
    scheduled: trigger === 'scheduled' && conclusive(result) && !(result.up && isInsideDown),
    up: unseen === undefined && result.up && !isInsideDown,
    pathUnproven: pathUnproven === true,
    status: status ?? null,
    cause: cause ?? null,
    ...(unseen && { unseen }),
  }
}

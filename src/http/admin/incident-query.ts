import type { Clock } from '../../domain/ports/clock.ts'
import { type IncidentFilter, RECOVERY_FILTERS } from '../../domain/ports/journal.ts'
import {
  cursorParameter,
  limitParameter,
  queryReader,
  textParameter,
  timeParameter,
  wordParameter,
} from '../shared/query.ts'
import { type Format, formatParameter } from './format.ts'

/**
 * Query parameters of `GET /api/v1/incidents`, for reading and for the API document.
 * @param clock what durations count back from
 */
export const incidentQuery = (clock: Clock) => ({
  state: wordParameter(['open', 'closed'], 'Only those that are open, or closed.'),
  endpoint: textParameter('Exactly this endpoint.'),
  recovery: wordParameter(
    RECOVERY_FILTERS,
    'Only incidents with this recovery status; unfinished: any status that needs work.',
  ),
  since: timeParameter('Still open, or closed at or after.', clock),
  limit: limitParameter('Most incidents of a page, which ends after 512 KiB, too.'),
  cursor: cursorParameter('`next` of the page before.'),
  format: formatParameter,
})

/** Query parameters of `GET /api/v1/incidents/{id}`. */
export const INCIDENT_FORMAT_QUERY = { format: formatParameter }

export interface IncidentQuery {
  readonly filter: IncidentFilter
  readonly limit: number
  readonly before?: string
  readonly format?: Format
}

/** @returns a function that throws AppError `invalid_request` naming every faulty parameter */
export function incidentQueryReader(clock: Clock): (params: URLSearchParams) => IncidentQuery {
  const read = queryReader(incidentQuery(clock))
  return (params) => {
    const { limit = 100, cursor, state, format, ...filter } = read(params)
    return {
      filter: { ...filter, ...(state !== undefined && { open: state === 'open' }) },
      limit,
      ...(cursor !== undefined && { before: cursor }),
      ...(format !== undefined && { format }),
    }
  }
}

export const readIncidentFormat = queryReader(INCIDENT_FORMAT_QUERY)

import { CAUSES } from '../../domain/cause/cause.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { FailureFilter } from '../../domain/ports/journal.ts'
import {
  cursorParameter,
  integerParameter,
  limitParameter,
  queryReader,
  textParameter,
  timeParameter,
  wordParameter,
} from '../shared/query.ts'

/**
 * Query parameters of `GET /api/v1/failures`, for reading and for the API document.
 * @param clock what durations count back from
 */
export const failureQuery = (clock: Clock) => ({
  source: textParameter('Exactly this source.'),
  tenant: textParameter('Exactly this tenant; empty for those without a name.'),
  endpoint: textParameter('Exactly this endpoint.'),
  code: integerParameter('Exactly this code.'),
  cause: wordParameter(CAUSES, 'Exactly this cause.'),
  since: timeParameter('Received at or after.', clock),
  until: timeParameter('Received before.', clock),
  limit: limitParameter(
    'Most failures in the answer. A page of JSON ends after 512 KiB, too; NDJSON has no limit by default.',
  ),
  cursor: cursorParameter('`next` of the page before, or the id of any failure: only older ones follow.'),
})

export interface FailureQuery {
  readonly filter: FailureFilter
  /** Absent if none was given. */
  readonly limit?: number
  readonly before?: string
}

/** @returns a function that throws AppError `invalid_request` naming every faulty parameter */
export function failureQueryReader(clock: Clock): (params: URLSearchParams) => FailureQuery {
  const read = queryReader(failureQuery(clock))
  return (params) => {
    const { limit, cursor, ...filter } = read(params)
    return { filter, ...(limit !== undefined && { limit }), ...(cursor !== undefined && { before: cursor }) }
  }
}

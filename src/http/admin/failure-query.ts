import { Type } from 'typebox'
import { CAUSES, type Cause } from '../../domain/cause.ts'
import type { Clock } from '../../domain/clock.ts'
import type { FailureFilter } from '../../domain/journal.ts'
import { QUERY_READERS, type QueryReaders, readQuery, TIME_FORMS } from '../shared/query.ts'

/** Query parameters of `GET /api/v1/failures`; the API document is made from them. */
export const FailureQuerySchema = Type.Object({
  source: Type.Optional(Type.String({ description: 'Exactly this source.' })),
  tenant: Type.Optional(Type.String({ description: 'Exactly this tenant; empty for those without a name.' })),
  endpoint: Type.Optional(Type.String({ description: 'Exactly this endpoint.' })),
  code: Type.Optional(Type.Integer({ description: 'Exactly this code.' })),
  cause: Type.Optional(Type.Enum([...CAUSES], { description: 'Exactly this cause.' })),
  since: Type.Optional(Type.String({ description: `Received at or after. ${TIME_FORMS}` })),
  until: Type.Optional(Type.String({ description: `Received before. ${TIME_FORMS}` })),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 100,
      description:
        'Most failures in the answer. A page of JSON ends after 512 KiB, too; NDJSON has no limit by default.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({ description: '`next` of the page before, or the id of any failure: only older ones follow.' }),
  ),
})

export interface FailureQuery {
  readonly filter: FailureFilter
  /** Absent if none was given. */
  readonly limit?: number
  readonly before?: string
}

const READERS: QueryReaders = {
  source: QUERY_READERS.text,
  tenant: QUERY_READERS.text,
  endpoint: QUERY_READERS.text,
  code: [(text) => (/^-?\d{1,10}$/.test(text) ? Number(text) : undefined), 'an integer'],
  cause: [
    (text) => ((CAUSES as readonly string[]).includes(text) ? (text as Cause) : undefined),
    `one of ${CAUSES.join(', ')}`,
  ],
  since: QUERY_READERS.time,
  until: QUERY_READERS.time,
  limit: QUERY_READERS.limit,
  cursor: QUERY_READERS.cursor,
}

/** @throws AppError `invalid_request` that names every faulty parameter */
export function readFailureQuery(params: URLSearchParams, clock: Clock): FailureQuery {
  const { limit, cursor, ...filter } = readQuery(params, READERS, clock()) as FailureFilter & {
    limit?: number
    cursor?: string
  }
  return { filter, ...(limit !== undefined && { limit }), ...(cursor !== undefined && { before: cursor }) }
}

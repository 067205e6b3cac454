import { Type } from 'typebox'
import type { Clock } from '../../domain/clock.ts'
import type { IncidentFilter } from '../../domain/journal.ts'
import { QUERY_READERS, type QueryReaders, readQuery, TIME_FORMS } from '../shared/query.ts'
import { type Format, FormatSchema, readFormat } from './format.ts'

/** Query parameters of `GET /api/v1/incidents`; the API document is made from them. */
export const IncidentQuerySchema = Type.Object({
  state: Type.Optional(Type.Enum(['open', 'closed'], { description: 'Only those that are open, or closed.' })),
  endpoint: Type.Optional(Type.String({ description: 'Exactly this endpoint.' })),
  since: Type.Optional(Type.String({ description: `Still open, or closed at or after. ${TIME_FORMS}` })),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 100,
      description: 'Most incidents of a page, which ends after 512 KiB, too.',
    }),
  ),
  cursor: Type.Optional(Type.String({ description: '`next` of the page before.' })),
  format: FormatSchema,
})

/** Query parameters of `GET /api/v1/incidents/{id}`. */
export const IncidentFormatSchema = Type.Object({ format: FormatSchema })

const READERS: QueryReaders = {
  state: [(text) => (text === 'open' || text === 'closed' ? text : undefined), 'open or closed'],
  endpoint: QUERY_READERS.text,
  since: QUERY_READERS.time,
  limit: QUERY_READERS.limit,
  cursor: QUERY_READERS.cursor,
  format: readFormat,
}

export interface IncidentQuery {
  readonly filter: IncidentFilter
  readonly limit: number
  readonly before?: string
  readonly format?: Format
}

/** @throws AppError `invalid_request` that names every faulty parameter */
export function readIncidentQuery(params: URLSearchParams, clock: Clock): IncidentQuery {
  const {
    limit = 100,
    cursor,
    state,
    format,
    ...filter
  } = readQuery(params, READERS, clock()) as IncidentFilter & {
    limit?: number
    cursor?: string
    state?: 'open' | 'closed'
    format?: Format
  }
  return {
    filter: { ...filter, ...(state !== undefined && { open: state === 'open' }) },
    limit,
    ...(cursor !== undefined && { before: cursor }),
    ...(format !== undefined && { format }),
  }
}

/** @throws AppError `invalid_request` that names every faulty parameter */
export const readIncidentFormat = (params: URLSearchParams): Format | undefined =>
  readQuery(params, { format: readFormat }, 0)['format'] as Format | undefined

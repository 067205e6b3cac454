import { firstIdAt } from '../../domain/failure.ts'
import type { FailureFilter, IncidentFilter } from '../../domain/journal.ts'
import { columnOf, FAILURE_COLUMNS } from '../core/columns.ts'

export interface Query {
  readonly sql: string
  readonly parameters: readonly (string | number)[]
}

/** Newest first, by keyset: a page costs the same wherever it lies, and inserts cannot shift it. */
export function pageQuery(filter: FailureFilter, before: string | undefined, limit: number): Query {
  const { where, sql, parameters } = conditions()
  for (const field of ['source', 'tenant', 'endpoint', 'code', 'cause'] as const) {
    if (filter[field] !== undefined) where(`${columnOf(field)} = ?`, filter[field])
  }
  if (filter.since !== undefined) where('id >= ?', firstIdAt(filter.since))
  if (filter.until !== undefined) where('id < ?', firstIdAt(filter.until))
  if (before !== undefined) where('id < ?', before)
  return {
    sql: `SELECT ${FAILURE_COLUMNS.join(', ')} FROM failures ${sql()} ORDER BY id DESC LIMIT ?`,
    parameters: [...parameters, limit],
  }
}

/** Newest first, by keyset. */
export function incidentsQuery(filter: IncidentFilter, before: string | undefined, limit: number): Query {
  const { where, sql, parameters } = conditions()
  if (filter.open !== undefined) where(`closed_at IS ${filter.open ? '' : 'NOT '}NULL`)
  if (filter.endpoint !== undefined) where('endpoint = ?', filter.endpoint)
  if (filter.since !== undefined) where('(closed_at IS NULL OR closed_at >= ?)', filter.since)
  if (before !== undefined) where('id < ?', before)
  return {
    sql: `SELECT id, incident FROM incidents ${sql()} ORDER BY id DESC LIMIT ?`,
    parameters: [...parameters, limit],
  }
}

/** One incident with its verdicts, both as JSON. */
export function incidentQuery(id: string): Query {
  return { sql: 'SELECT incident, verdicts FROM incidents WHERE id = ?', parameters: [id] }
}

function conditions() {
  const texts: string[] = []
  const parameters: (string | number)[] = []
  return {
    parameters,
    where(condition: string, value?: string | number) {
      texts.push(condition)
      if (value !== undefined) parameters.push(value)
    },
    sql: () => (texts.length > 0 ? `WHERE ${texts.join(' AND ')}` : ''),
  }
}

/** One failure by its id. */
export function idQuery(id: string): Query {
  return { sql: `SELECT ${FAILURE_COLUMNS.join(', ')} FROM failures WHERE id = ?`, parameters: [id] }
}

import { isUnfinished, RECOVERY_STATUSES } from '../../domain/incident/recovery.ts'
import type { FailureCount, FailureFilter, IncidentFilter } from '../../domain/ports/journal.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import { columnOf, FAILURE_COLUMNS } from './columns.ts'
import type { Dialect, Query, Value } from './dialect.ts'
import { failureCounts } from './failure-counts.ts'

export type { Dialect, Query }

const COLUMNS = FAILURE_COLUMNS.join(', ')

/** The statuses of recoveries that need work. */
export const UNFINISHED = `recovery IN (${RECOVERY_STATUSES.filter((status) => isUnfinished({ status }))
  .map((status) => `'${status}'`)
  .join(', ')})`

/** The statements that read. Pages are newest first, by keyset: each costs the same, and inserts cannot shift it. */
export class Queries {
  readonly #dialect: Dialect

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  failureCounts(count: FailureCount): Query {
    return failureCounts(this.#dialect, count)
  }

  failure(id: string): Query {
    return this.#select(COLUMNS, 'failures', [['id =', id]])
  }

  failures(filter: FailureFilter, before: string | undefined, limit: number): Query {
    const { since, until } = filter
    const equal = ['source', 'tenant', 'endpoint', 'code', 'cause'] as const
    return this.#select(
      COLUMNS,
      'failures',
      [
        ...equal.map((field) => [`${columnOf(field)} =`, filter[field]] as const),
        ['id >=', since === undefined ? since : firstIdAt(since)],
        ['id <', until === undefined ? until : firstIdAt(until)],
        ['id <', before],
      ],
      limit,
    )
  }

  /** Failures by their ids, newest first. */
  failuresById(ids: readonly string[]): Query {
    const { table, placeholder } = this.#dialect
    const places = ids.map((_, index) => placeholder(index + 1)).join(', ')
    return {
      sql: `SELECT ${COLUMNS} FROM ${table('failures')} WHERE id IN (${places}) ORDER BY id DESC`,
      parameters: ids,
    }
  }

  /** One incident with its verdicts, both as JSON. */
  incident(id: string): Query {
    return this.#select('incident, verdicts', 'incidents', [['id =', id]])
  }

  /** The timeline of an incident as JSON, oldest first. */
  timeline(id: string): Query {
    const { sql, parameters } = this.#select('signal', 'signals', [['incident_id =', id]])
    return { sql: `${sql} ORDER BY id`, parameters }
  }

  incidents({ open, endpoint, since, recovery }: IncidentFilter, before: string | undefined, limit: number): Query {
    return this.#select(
      'id, incident',
      'incidents',
      [
        ...(open === undefined ? [] : [`closed_at IS ${open ? '' : 'NOT '}NULL`]),
        ['endpoint =', endpoint],
        ...(recovery === 'unfinished' ? [UNFINISHED] : [['recovery =', recovery] as const]),
        ['(closed_at IS NULL OR closed_at >=', since, ')'],
        ['id <', before],
      ],
      limit,
    )
  }

  /** @param conditions texts; those with an operand apply only if it is given */
  #select(
    columns: string,
    table: Parameters<Dialect['table']>[0],
    conditions: readonly (string | readonly [text: string, operand: Value | undefined, end?: string])[],
    limit?: number,
  ): Query {
    const { table: tableOf, placeholder, value } = this.#dialect
    const parameters: Value[] = []
    const bound = (operand: Value) => placeholder(parameters.push(value(operand)))
    const where = conditions.flatMap((condition) => {
      if (typeof condition === 'string') return [condition]
      const [text, operand, end = ''] = condition
      return operand === undefined ? [] : [`${text} ${bound(operand)}${end}`]
    })
    const sql = `SELECT ${columns} FROM ${tableOf(table)}${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''}`
    return { sql: limit === undefined ? sql : `${sql} ORDER BY id DESC LIMIT ${bound(limit)}`, parameters }
  }
}

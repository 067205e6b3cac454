import type { FailureCount } from '../../domain/ports/journal.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import type { Dialect, Query } from './dialect.ts'

/**
 * Counts real failures by endpoint, each within a range of the index (endpoint, id) that ends after `most` entries: a journal of
 * millions of rows takes no longer than a small one. A row is an endpoint and its counts, in the order of `since`.
 */
export function failureCounts({ table, placeholder, value }: Dialect, { endpoints, since, most }: FailureCount): Query {
  const parameters: (string | number)[] = []
  const bound = (operand: string | number) => placeholder(parameters.push(value(operand)))
  const counts = since.map(
    (at) =>
      `(SELECT count(*) FROM (SELECT 1 FROM ${table('failures')} f WHERE f.endpoint = e.column1 AND f.id >= ${bound(firstIdAt(at))} AND f.mark IS NULL LIMIT ${bound(most)}) AS counted)`,
  )
  const names = endpoints.map((endpoint) => `(${bound(endpoint)})`)
  return { sql: `SELECT e.column1, ${counts.join(', ')} FROM (VALUES ${names.join(', ')}) AS e`, parameters }
}

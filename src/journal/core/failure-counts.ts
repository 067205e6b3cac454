import { firstIdAt } from '../../domain/failure.ts'
import type { FailureCount } from '../../domain/journal.ts'
import type { Dialect, Query } from './queries.ts'
import type { Select } from './reader.ts'

/**
 * Counts failures by endpoint, each within a range of the index (endpoint, id) that ends after `most` entries: a journal of
 * millions of rows takes no longer than a small one.
 */
export async function countFailures(
  dialect: Dialect,
  select: Select,
  count: FailureCount,
): Promise<ReadonlyMap<string, readonly number[]>> {
  if (count.endpoints.length === 0) return new Map()
  const rows = await select<readonly [endpoint: string, ...counts: number[]]>(query(dialect, count))
  return new Map(rows.map(([endpoint, ...counts]) => [endpoint, counts]))
}

function query({ table, placeholder, value }: Dialect, { endpoints, since, most }: FailureCount): Query {
  const parameters: (string | number)[] = []
  const bound = (operand: string | number) => placeholder(parameters.push(value(operand)))
  const counts = since.map(
    (at) =>
      `(SELECT count(*) FROM (SELECT 1 FROM ${table('failures')} f WHERE f.endpoint = e.column1 AND f.id >= ${bound(firstIdAt(at))} LIMIT ${bound(most)}) AS counted)`,
  )
  const names = endpoints.map((endpoint) => `(${bound(endpoint)})`)
  return { sql: `SELECT e.column1, ${counts.join(', ')} FROM (VALUES ${names.join(', ')}) AS e`, parameters }
}

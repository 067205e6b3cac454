import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Result } from '../core/complete.ts'
import { isEntryError } from '../core/fault.ts'
import { type AlikeRow, type EntryRow, FAILURE_COLUMNS, type FailureRow, TOTAL_COLUMNS } from './rows.ts'

/** What the writing connection runs for every group, prepared. */
export type Statements = ReturnType<typeof prepare>

export function prepare(db: DatabaseSync) {
  const arrays = (sql: string): StatementSync => {
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    return statement
  }
  return {
    known: arrays('SELECT id, digest FROM failures WHERE source = ? AND tenant = ? AND idempotency_key = ?'),
    insert: db.prepare(
      `INSERT INTO failures (${FAILURE_COLUMNS}, idempotency_key, digest, raw) VALUES (${'?,'.repeat(12)}?)`,
    ),
    count: db.prepare(
      `INSERT INTO totals (${TOTAL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET count = count + excluded.count, last_failure_at = max(last_failure_at, excluded.last_failure_at)`,
    ),
    record: db.prepare(`UPDATE meta SET value = value + ? WHERE key = 'recorded'`),
    totals: arrays(`SELECT ${TOTAL_COLUMNS} FROM totals`),
    forget: db.prepare('DELETE FROM totals WHERE last_failure_at < ?'),
    oldest: arrays('SELECT received_at FROM failures ORDER BY id LIMIT 1'),
  }
}

/** What a group adds to the totals. Most of a group counts under few label sets, so each is written once. */
export class Totals {
  readonly #alike: readonly AlikeRow[]
  readonly #counts: { count: number; at: number }[]

  constructor(alike: readonly AlikeRow[]) {
    this.#alike = alike
    this.#counts = alike.map(() => ({ count: 0, at: 0 }))
  }

  count({ alike, receivedAt }: EntryRow): void {
    const sum = this.#counts[alike]!
    sum.count++
    sum.at = Math.max(sum.at, receivedAt)
  }

  sums(): Iterable<{ readonly labels: AlikeRow['counted']; readonly count: number; readonly at: number }> {
    const sums = new Map<string, { labels: AlikeRow['counted']; count: number; at: number }>()
    for (const [index, { count, at }] of this.#counts.entries()) {
      if (count === 0) continue
      const labels = this.#alike[index]!.counted
      const name = labels.join('\0')
      const sum = sums.get(name) ?? { labels, count: 0, at: 0 }
      sums.set(name, { labels, count: sum.count + count, at: Math.max(sum.at, at) })
    }
    return sums.values()
  }
}

/**
 * One entry of the open transaction: all of it, or nothing. A statement that fails has changed nothing, and a total of
 * label texts cannot fail by itself, so that no savepoint is needed.
 */
export function write(
  statements: Statements,
  { id, receivedAt, traceId, key, digest }: EntryRow,
  { source, tenant, endpoint, url, code, cause, message, counted }: AlikeRow,
  raw: Uint8Array,
): 'added' | Result {
  if (key !== undefined) {
    const known = statements.known.get(source, tenant, key) as unknown as [string, string] | undefined
    if (known) return known[1] === digest ? [known[0], null] : 'reused'
  }
  if (!counted.every((label) => typeof label === 'string')) return 'refused'
  try {
    const failure: FailureRow = [id, receivedAt, source, tenant, endpoint, url, code, cause, message, traceId]
    statements.insert.run(...failure, key ?? null, digest ?? null, raw)
  } catch (error) {
    if (!isEntryError(error)) throw error
    return 'refused'
  }
  return 'added'
}

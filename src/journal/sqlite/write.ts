import type { DatabaseSync } from 'node:sqlite'
import { failureValues } from '../core/columns.ts'
import type { Result } from '../core/complete.ts'
import { isEntryError } from '../core/fault.ts'
import { prepareArrays } from './prepare-arrays.ts'
import { type EntryRow, type LabelValues, RECORD_COLUMNS, type SharedRow, TOTAL_COLUMNS } from './rows.ts'

/** What the writing connection runs for every group, prepared. */
export type Statements = ReturnType<typeof prepare>

export function prepare(db: DatabaseSync) {
  const arrays = (sql: string) => prepareArrays(db, sql)
  return {
    known: arrays('SELECT id, digest FROM failures WHERE source = ? AND tenant = ? AND idempotency_key = ?'),
    insert: db.prepare(
      `INSERT INTO failures (${RECORD_COLUMNS.join(', ')}) VALUES (${RECORD_COLUMNS.map(() => '?').join(', ')})`,
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
  readonly #shared: readonly SharedRow[]
  readonly #counts: { count: number; at: number }[]

  constructor(shared: readonly SharedRow[]) {
    this.#shared = shared
    this.#counts = shared.map(() => ({ count: 0, at: 0 }))
  }

  count({ own, shared }: EntryRow): void {
    const sum = this.#counts[shared]!
    sum.count++
    sum.at = Math.max(sum.at, own.receivedAt)
  }

  sums(): Iterable<{ readonly labels: LabelValues; readonly count: number; readonly at: number }> {
    const sums = new Map<string, { labels: LabelValues; count: number; at: number }>()
    for (const [index, { count, at }] of this.#counts.entries()) {
      if (count === 0) continue
      const labels = this.#shared[index]!.labels
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
  { own, key, digest }: EntryRow,
  { fields, labels }: SharedRow,
  raw: Uint8Array,
): 'added' | Result {
  if (key !== undefined) {
    const known = statements.known.get(fields.source, fields.tenant, key) as unknown as [string, string] | undefined
    if (known) return known[1] === digest ? [known[0], null] : 'reused'
  }
  if (!labels.every((label) => typeof label === 'string')) return { refused: 'a label is no text' }
  try {
    statements.insert.run(...failureValues({ ...fields, ...own }), key ?? null, digest ?? null, raw)
  } catch (error) {
    if (!isEntryError(error)) throw error
    return { refused: (error as Error).message }
  }
  return 'added'
}

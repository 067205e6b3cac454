import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { FailureCount } from '../../domain/ports/journal.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import { INDEXED } from './block-index.ts'
import { firstUnindexed, inSnapshot } from './block-search.ts'
import { prepareArrays } from './prepare-arrays.ts'
import { BLOCK_ROWS, decodeRows } from './row-set.ts'

/** An endpoint and its failures since each time. */
export type FailureCounts = readonly [endpoint: string, ...counts: number[]]
type Block = readonly [block: number, maxId: string]

/**
 * Counts real failures by endpoint, in one snapshot of the database: what the index has not seen yet in one pass for all
 * endpoints, and then block by block, those with the newest ids first, until there are enough.
 */
export const countFailures = (db: DatabaseSync, count: FailureCount): FailureCounts[] =>
  inSnapshot(db, () => new Counting(db, count).run())

class Counting {
  readonly #db: DatabaseSync
  readonly #endpoints: readonly string[]
  readonly #most: number
  /** The smallest id of each time. */
  readonly #since: readonly string[]
  readonly #oldest: string
  readonly #rowsOf: StatementSync
  readonly #countRows: StatementSync

  constructor(db: DatabaseSync, { endpoints, since, most }: FailureCount) {
    this.#db = db
    this.#endpoints = endpoints
    this.#most = most
    this.#since = since.map(firstIdAt)
    this.#oldest = firstIdAt(Math.min(...since))
    this.#rowsOf = prepareArrays(db, 'SELECT rows FROM block_values WHERE block = ? AND field = ? AND value = ?')
    this.#countRows = prepareArrays(
      db,
      `SELECT ${this.#sums('f.id')} FROM json_each(?) AS rows CROSS JOIN failures f ON f.rowid = rows.value
       WHERE f.mark IS NULL`,
    )
  }

  run(): FailureCounts[] {
    const blocks = prepareArrays(this.#db, 'SELECT block, max_id FROM blocks WHERE max_id >= ? ORDER BY max_id DESC')
    const indexed = blocks.all(this.#oldest) as unknown as Block[]
    const unindexed = this.#countUnindexed()
    return this.#endpoints.map((endpoint) => {
      const counts = unindexed.get(endpoint) ?? this.#since.map(() => 0)
      for (const block of indexed) this.#countBlock(block, endpoint, counts)
      return [endpoint, ...counts.map((count) => Math.min(count, this.#most))]
    })
  }

  #countUnindexed(): Map<string, number[]> {
    const sql = `SELECT endpoint, ${this.#sums('id')} FROM failures WHERE rowid >= ? AND +id >= ? AND mark IS NULL GROUP BY endpoint`
    const { row } = firstUnindexed(this.#db)
    const rows = prepareArrays(this.#db, sql).all(...this.#since, row, this.#oldest) as unknown as FailureCounts[]
    return new Map(rows.map(([endpoint, ...counts]) => [endpoint, counts]))
  }

  /** Adds what a block has of an endpoint to its counts, as long as one of them is not enough. */
  #countBlock([block, maxId]: Block, endpoint: string, counts: number[]): void {
    const isDone = () => this.#since.every((id, index) => counts[index]! >= this.#most || maxId < id)
    if (isDone()) return
    const found = this.#rowsOf.get(block, INDEXED.indexOf('endpoint'), endpoint) as unknown as [Uint8Array] | undefined
    if (!found) return
    const rows = decodeRows(found[0]).map((offset) => block * BLOCK_ROWS + offset)
    while (rows.length > 0 && !isDone()) {
      // The newest ones.
      const some = JSON.stringify(rows.splice(-this.#most))
      const sums = this.#countRows.get(...this.#since, some) as unknown as (number | null)[]
      for (const [index, sum] of sums.entries()) counts[index]! += sum ?? 0
    }
  }

  #sums(id: string): string {
    return this.#since.map(() => `sum(${id} >= ?)`).join(', ')
  }
}

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { FailureFilter } from '../../domain/ports/journal.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import { INDEXED } from './block-index.ts'
import { prepareArrays } from './prepare-arrays.ts'
import { BLOCK_ROWS, intersectRows } from './row-set.ts'

export interface Search {
  readonly filter: FailureFilter
  /** Only ids before this one. */
  readonly before?: string | undefined
  /** Most ids to find. */
  readonly limit: number
}

/** Rows that are read one by one before the index is asked: what most rows match is found among them. */
const WALKED_PER_ID = 4
/** More rows than that outside the index are not read for each search: the index is being built then. */
const MOST_UNINDEXED = 4 * BLOCK_ROWS
/** After every id. */
const LAST_ID = '~'

/**
 * Finds the newest failures that match, however rare they are, in one snapshot of the database.
 * @returns their ids, newest first; undefined while the index is not complete
 */
export const searchBlocks = (db: DatabaseSync, search: Search): string[] | undefined =>
  inSnapshot(db, () => new BlockSearch(db, search).run())

/** Runs statements that read, all in one snapshot of the database. */
export function inSnapshot<T>(db: DatabaseSync, read: () => T): T {
  db.exec('BEGIN')
  try {
    return read()
  } finally {
    db.exec('COMMIT')
  }
}

/** The first row above all blocks; `isNear`: few enough follow to be read for each search. */
export function firstUnindexed(db: DatabaseSync): { readonly row: number; readonly isNear: boolean } {
  const [first, last, block] = prepareArrays(
    db,
    'SELECT (SELECT min(rowid) FROM failures), (SELECT max(rowid) FROM failures), (SELECT max(block) FROM blocks)',
  ).get() as unknown as [first: number | null, last: number | null, block: number | null]
  const row = Math.max(first ?? 0, ((block ?? -1) + 1) * BLOCK_ROWS)
  return { row, isNear: (last ?? 0) - row < MOST_UNINDEXED }
}

class BlockSearch {
  readonly #db: DatabaseSync
  readonly #fields: readonly { readonly name: string; readonly number: number; readonly value: string | number }[]
  /** The filters as a condition, and its parameters. A plus sign keeps SQLite from taking another index than is meant. */
  readonly #matches: string
  readonly #values: readonly (string | number)[]
  readonly #low: string
  readonly #high: string
  readonly #limit: number
  /** Newest first. */
  #found: string[] = []

  constructor(db: DatabaseSync, { filter, before = LAST_ID, limit }: Search) {
    this.#db = db
    this.#limit = limit
    this.#fields = INDEXED.flatMap((name, number) => {
      const value = filter[name]
      return value === undefined ? [] : [{ name, number, value }]
    })
    this.#matches = this.#fields.map(({ name }) => `+${name} = ?`).join(' AND ')
    this.#values = this.#fields.map(({ value }) => value)
    this.#low = filter.since === undefined ? '' : firstIdAt(filter.since)
    const until = filter.until === undefined ? LAST_ID : firstIdAt(filter.until)
    this.#high = until < before ? until : before
  }

  run(): string[] | undefined {
    const walked = this.#walk()
    if (walked === undefined || this.#isFull) return this.#found
    const { row, isNear } = firstUnindexed(this.#db)
    if (!isNear) return undefined
    this.#searchRows(row, walked)
    this.#searchBlocks(walked)
    return this.#found
  }

  /** Reads the newest rows. @returns the oldest id that was read; undefined if there are no older ones */
  #walk(): string | undefined {
    const range = 'FROM failures WHERE id < ? AND id >= ?'
    const most = this.#limit * WALKED_PER_ID
    const ids = this.#ids(`SELECT id ${range} ORDER BY id DESC LIMIT ?`, this.#high, this.#low, most)
    const last = ids.at(-1)
    if (last === undefined) return undefined
    const matching = `SELECT id ${range} AND ${this.#matches} ORDER BY id DESC LIMIT ?`
    this.#add(this.#ids(matching, this.#high, last, ...this.#values, this.#limit))
    return ids.length < most ? undefined : last
  }

  #searchRows(first: number, before: string): void {
    const sql = `SELECT id FROM failures WHERE rowid >= ? AND ${this.#matches} AND +id < ? AND +id >= ?`
    this.#add(this.#ids(sql, first, ...this.#values, before, this.#low))
  }

  /** Block by block, those with the newest ids first: blocks overlap where a clock was set back. */
  #searchBlocks(before: string): void {
    const blocks = this.#arrays(
      'SELECT block, max_id FROM blocks WHERE min_id < ? AND max_id >= ? ORDER BY max_id DESC',
    ).all(before, this.#low) as unknown as [block: number, maxId: string][]
    const rowsOf = this.#arrays('SELECT rows FROM block_values WHERE block = ? AND field = ? AND value = ?')
    const matching = this.#arrays(
      `SELECT f.id FROM json_each(?) AS rows CROSS JOIN failures f ON f.rowid = rows.value
       WHERE ${this.#matches.replaceAll('+', '+f.')} AND +f.id < ? AND +f.id >= ? ORDER BY +f.id DESC LIMIT ?`,
    )
    for (const [block, maxId] of blocks) {
      if (this.#isFull && this.#found.at(-1)! > maxId) return
      const rows = this.#rowsIn(block, rowsOf).map((offset) => block * BLOCK_ROWS + offset)
      if (rows.length === 0) continue
      this.#add(columnOf(matching, [JSON.stringify(rows), ...this.#values, before, this.#low, this.#limit]))
    }
  }

  #rowsIn(block: number, rowsOf: StatementSync): number[] {
    const sets: Uint8Array[] = []
    for (const { number, value } of this.#fields) {
      const row = rowsOf.get(block, number, String(value)) as unknown as [rows: Uint8Array] | undefined
      if (!row) return []
      sets.push(row[0])
    }
    return intersectRows(sets)
  }

  get #isFull(): boolean {
    return this.#found.length >= this.#limit
  }

  #add(ids: readonly string[]): void {
    if (ids.length > 0) this.#found = [...this.#found, ...ids].sort().reverse().slice(0, this.#limit)
  }

  #ids(sql: string, ...parameters: SQLInputValue[]): string[] {
    return columnOf(this.#arrays(sql), parameters)
  }

  #arrays(sql: string): StatementSync {
    return prepareArrays(this.#db, sql)
  }
}

const columnOf = (statement: StatementSync, parameters: readonly SQLInputValue[]): string[] =>
  (statement.all(...parameters) as unknown as [string][]).map(([value]) => value)

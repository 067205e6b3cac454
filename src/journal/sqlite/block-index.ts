import type { DatabaseSync } from 'node:sqlite'
import { prepareArrays } from './prepare-arrays.ts'
import { BLOCK_ROWS, encodeRows } from './row-set.ts'

/** The columns that can be searched; each is stored in `block_values` by its place in this list. */
export const INDEXED = ['source', 'tenant', 'endpoint', 'code', 'cause'] as const

/** Rows read, or values written, in one step, so that a commit that waits behind it does not wait long. */
const STEP = 512

type Row = readonly [row: number, id: string, ...values: (string | number)[]]
type BlockValue = readonly [field: number, value: string, offsets: readonly number[]]

/** A block that is being indexed. */
interface Draft {
  readonly block: number
  /** Column by column: the rows of each value, as offsets in the block. */
  readonly offsets: readonly Map<string | number, number[]>[]
  /** The row to read next. */
  row: number
  minId: string
  maxId: string
  lastId: string
  /** What is left to write, once all rows were read. */
  values?: BlockValue[]
}

/**
 * Writes the index by which failures are filtered: for each block of rows, numbered as they arrive, which values occur in
 * which rows. A block is indexed once it is full, step by step behind the writes. One B-tree per column would cost every
 * commit a page for each value in it, a third more disk, and minutes at the first start on a large file.
 */
export class BlockIndex {
  readonly #db: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>
  #draft: Draft | undefined
  /** The first block that is not indexed; all before it are, or have no rows any more. */
  #next = 0
  /** Rows from there on. */
  #waiting = 0

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#statements = prepare(db)
    this.rowsRemoved()
  }

  /** Rows were added. @returns whether a step is due */
  added(rows: number): boolean {
    this.#waiting += rows
    return this.#waiting >= BLOCK_ROWS
  }

  /** One step. @returns whether there was anything to do */
  step(): boolean {
    if (this.#waiting < BLOCK_ROWS) return false
    this.#draft ??= this.#begin()
    if (!this.#draft) return false
    if (this.#draft.values) this.#write(this.#draft, this.#draft.values)
    else this.#read(this.#draft)
    return true
  }

  /**
   * Belongs after every removal, before the next row is added: if the last rows are gone, SQLite gives their numbers to the
   * next ones, so a block that is no longer full is indexed again. Blocks without rows are dropped.
   */
  rowsRemoved(): void {
    const { first, last } = this.#rowNumbers()
    const full = this.#wereRenumbered() ? 0 : Math.floor((last + 1) / BLOCK_ROWS)
    const kept = Math.floor(first / BLOCK_ROWS)
    const { lowest, highest } = this.#statements.blocks.get() as { lowest: number | null; highest: number | null }
    if (lowest !== null && lowest < kept) this.#drop(0, kept)
    if (highest !== null && highest >= full) this.#drop(full, highest + 1)
    if (this.#draft && (this.#draft.block >= full || this.#draft.block < kept)) this.#draft = undefined
    this.#next = Math.max(kept, Math.min(full, (highest ?? -1) + 1))
    this.#waiting = last + 1 - this.#next * BLOCK_ROWS
  }

  #begin(): Draft | undefined {
    if (this.#wereRenumbered()) this.rowsRemoved()
    if (this.#waiting < BLOCK_ROWS) return undefined
    const offsets = INDEXED.map(() => new Map<string | number, number[]>())
    return { block: this.#next, offsets, row: this.#next * BLOCK_ROWS, minId: '~', maxId: '', lastId: '' }
  }

  #read(draft: Draft): void {
    const start = draft.block * BLOCK_ROWS
    const rows = this.#statements.rows.all(draft.row, start + BLOCK_ROWS, STEP) as unknown as Row[]
    for (const values of rows) {
      const [row, id] = values
      // By index: it runs for every row, and an iterator doubles what that costs.
      for (let field = 0; field < INDEXED.length; field++) {
        const known = draft.offsets[field]!
        const value = values[field + 2]!
        const offsets = known.get(value)
        if (offsets) offsets.push(row - start)
        else known.set(value, [row - start])
      }
      if (id < draft.minId) draft.minId = id
      if (id > draft.maxId) draft.maxId = id
      draft.lastId = id
      draft.row = row + 1
    }
    if (rows.length < STEP) {
      draft.values = draft.offsets.flatMap((known, field) =>
        [...known].map(([value, rows]) => [field, String(value), rows] as const),
      )
    }
  }

  /** The block counts as indexed when its row of `blocks` is there, which is written last. */
  #write({ block, minId, maxId, row, lastId }: Draft, values: BlockValue[]): void {
    this.#db.exec('BEGIN IMMEDIATE')
    for (const [field, value, offsets] of values.splice(0, STEP))
      this.#statements.addValue.run(block, field, value, encodeRows(offsets))
    if (values.length === 0) this.#statements.addBlock.run(block, minId, maxId, row - 1, lastId)
    this.#db.exec('COMMIT')
    if (values.length > 0) return
    this.#draft = undefined
    this.#next = block + 1
    this.#waiting -= BLOCK_ROWS
  }

  /** Drops the blocks from `from` up to `to`, without it. */
  #drop(from: number, to: number): void {
    this.#db.exec('BEGIN IMMEDIATE')
    this.#statements.dropBlocks.run(from, to)
    this.#statements.dropValues.run(from, to)
    this.#db.exec('COMMIT')
  }

  #rowNumbers(): { readonly first: number; readonly last: number } {
    const { first, last } = this.#statements.rowNumbers.get() as { first: number | null; last: number | null }
    return { first: first ?? 0, last: last ?? 0 }
  }

  /** VACUUM gives rows new numbers. The last row of the last block shows it, since all rows before it move up. */
  #wereRenumbered(): boolean {
    return this.#statements.moved.get() !== undefined
  }
}

function prepare(db: DatabaseSync) {
  const arrays = (sql: string) => prepareArrays(db, sql)
  return {
    rows: arrays(
      `SELECT rowid, id, ${INDEXED.join(', ')} FROM failures WHERE rowid >= ? AND rowid < ? ORDER BY rowid LIMIT ?`,
    ),
    rowNumbers: db.prepare(
      'SELECT (SELECT min(rowid) FROM failures) AS first, (SELECT max(rowid) FROM failures) AS last',
    ),
    blocks: db.prepare('SELECT min(block) AS lowest, max(block) AS highest FROM blocks'),
    moved: db.prepare(
      `SELECT 1 FROM (SELECT block, last_row, last_id FROM blocks ORDER BY block DESC LIMIT 1) AS b
       JOIN failures f ON f.rowid = b.last_row WHERE f.id != b.last_id`,
    ),
    addBlock: db.prepare('INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?)'),
    addValue: db.prepare('INSERT OR REPLACE INTO block_values VALUES (?, ?, ?, ?)'),
    dropBlocks: db.prepare('DELETE FROM blocks WHERE block >= ? AND block < ?'),
    dropValues: db.prepare('DELETE FROM block_values WHERE block >= ? AND block < ?'),
  }
}

import type { DatabaseSync } from 'node:sqlite'

/** Rows counted in one step, so that a commit that waits behind it does not wait long. */
const STEP = 20_000

/**
 * How many failures there are. In a large journal they are counted after the opening, step by step: reading the whole
 * index of a million rows from a slow disk takes seconds.
 */
export class RowCount {
  readonly #db: DatabaseSync
  #rows = 0
  /** Ids up to here were counted; undefined: all were. */
  #counted: string | undefined = ''
  /** The last id to count: later rows are added as they come. */
  readonly #last: string

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#last = (db.prepare('SELECT max(id) AS id FROM failures').get()!['id'] as string | null) ?? ''
  }

  /** Null until all were counted. */
  get rows(): number | null {
    return this.#counted === undefined ? this.#rows : null
  }

  /** @returns whether there is more to count */
  step(limit = STEP): boolean {
    if (this.#counted === undefined) return false
    const sql = `SELECT count(*) AS n, max(id) AS id FROM
      (SELECT id FROM failures WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)`
    const { n, id } = this.#db.prepare(sql).get(this.#counted, this.#last, limit) as { n: number; id: string | null }
    this.#rows += n
    this.#counted = n < limit ? undefined : (id ?? undefined)
    return this.#counted !== undefined
  }

  all(): void {
    this.step(Number.MAX_SAFE_INTEGER)
  }

  added(id: string): void {
    if (this.#isCounted(id)) this.#rows++
  }

  removed(ids: readonly string[]): void {
    for (const id of ids) if (this.#isCounted(id)) this.#rows--
  }

  /** One that is new may lie among those that are still to be counted: of a clock that was set back. */
  #isCounted(id: string): boolean {
    return this.#counted === undefined || id <= this.#counted || id > this.#last
  }
}

import type { DatabaseSync } from 'node:sqlite'

export interface ExpireLimits {
  /** Failures with a smaller id are too old. */
  readonly beforeId: string
  /** The same moment, milliseconds since the epoch, for incidents. */
  readonly before: number
  /** Most failures to remove in one step, so that a commit that waits behind it does not wait long. */
  readonly batch: number
}

export interface Expired {
  readonly failures: number
  readonly reason: 'age' | 'size'
  readonly more: boolean
}

/** Pages given back to the file system in one step. */
const VACUUM_PAGES = 256

/**
 * One step: removes what is too old, else the oldest while the pages in use exceed `bytes`, else gives free pages back.
 * Totals stay as they are.
 */
export function expireBatch(
  db: DatabaseSync,
  { beforeId, batch }: Pick<ExpireLimits, 'beforeId' | 'batch'>,
  bytes: number,
): Expired {
  const aged = remove(db, 'WHERE id < ?', beforeId, batch)
  if (aged > 0) return { failures: aged, reason: 'age', more: true }

  const pageSize = pragma(db, 'page_size')
  const free = pragma(db, 'freelist_count')
  const excess = (pragma(db, 'page_count') - free) * pageSize - bytes
  if (excess > 0) {
    // No more than the excess asks for: a batch may be a large part of a small journal.
    const { mean } = db
      .prepare(
        'SELECT avg(length(raw) + length(message) + 512) AS mean FROM (SELECT * FROM failures ORDER BY id LIMIT ?)',
      )
      .get(batch) as { mean: number | null }
    const failures = mean === null ? 0 : remove(db, '', null, Math.max(1, Math.min(batch, Math.ceil(excess / mean))))
    if (failures > 0) return { failures, reason: 'size', more: true }
  }
  if (free > 0) {
    db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
    return { failures: 0, reason: 'size', more: free > VACUUM_PAGES }
  }
  return { failures: 0, reason: 'size', more: false }
}

function remove(db: DatabaseSync, where: '' | 'WHERE id < ?', id: string | null, limit: number): number {
  const sql = `DELETE FROM failures WHERE rowid IN (SELECT rowid FROM failures ${where} ORDER BY id LIMIT ?)`
  const statement = db.prepare(sql)
  return Number((id === null ? statement.run(limit) : statement.run(id, limit)).changes)
}

function pragma(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0] as number
}

import { DatabaseSync } from 'node:sqlite'
import { PAGE } from './files.ts'

/**
 * The WAL may grow to this many pages: at most 4 MiB, an eighth of what the journal may take, and a sixteenth of a small
 * volume, since a full one can go on only when there is room to bring the whole WAL into the file.
 * @param room bytes that the journal has and could have on its volume
 */
export function walPages(retentionSize: number, room: number): number {
  return Math.max(16, Math.min(1_000, Math.floor(Math.min(retentionSize / 8, room / 16) / PAGE)))
}

/**
 * The last connection that closes brings the WAL into the file. In a damaged one it might overwrite what can be saved, so
 * another connection, which may not write, closes last.
 */
export function closeOnly(db: DatabaseSync, file: string): void {
  const last = new DatabaseSync(file, { readOnly: true })
  try {
    last.prepare('SELECT count(*) FROM sqlite_schema').get()
  } finally {
    db.close()
    last.close()
  }
}

export function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get()!)[0])
}

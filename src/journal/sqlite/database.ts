import { DatabaseSync } from 'node:sqlite'
import { detailOf, FaultError } from '../core/fault.ts'
import { sizeOf, takeLock } from './check.ts'
import { statOf } from './files.ts'
import { freeBytes } from './filesystem.ts'
import { PAGE } from './wal-frames.ts'

/**
 * The WAL may grow to this many pages: at most 4 MiB, an eighth of what the journal may take, and a sixteenth of a small
 * volume, since a full one can go on only when there is room to bring the whole WAL into the file.
 * @param room bytes that the journal has and could have on its volume
 */
function walPages(retentionSize: number, room: number): number {
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

/** Sets up the writing connection. @returns pages that the WAL may grow to */
export function configure(db: DatabaseSync, file: string, retentionSize: number): number {
  // auto_vacuum must be set before the first table is created; it does nothing later.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get()!
  if (mode !== 'wal') throw new FaultError('io', detailOf('io', file, `no WAL: journal mode is ${mode}`))
  const pages = walPages(retentionSize, freeBytes(file) + sizeOf(file) + sizeOf(`${file}-wal`))
  db.exec(`PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;
    PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${pages * PAGE}`)
  return pages
}

export interface Lock {
  readonly db: DatabaseSync
  readonly inode: bigint | undefined
}

/** The lock, taken again if its file was removed: then it no longer keeps other processes out. @throws FaultError `locked` */
export function heldLock(path: string, held: Lock | undefined): Lock {
  const file = `${path}.lock`
  if (held && statOf(file)?.ino === held.inode) return held
  held?.db.close()
  const db = takeLock(path)
  return { db, inode: statOf(file)?.ino }
}

/** Reads the bytes of the pages that are in the file and hold nothing. */
export function freeBytesInFile(db: DatabaseSync): () => number {
  const statement = db.prepare('PRAGMA freelist_count')
  return () => (statement.get()!['freelist_count'] as number) * PAGE
}

import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { detailOf, FaultError } from '../core/fault.ts'
import { pagesInWal } from './files.ts'
import { kernelFilesystem, networkFilesystem } from './filesystem.ts'
import { APPLICATION_ID, SCHEMA_VERSION, schemaVersion } from './migrations.ts'
import { PAGE } from './wal-frames.ts'

/** Up to this size the whole file is checked at each opening; reading more would hold up the start for seconds. */
export const FULL_CHECK_BYTES = 64 * 2 ** 20

/** Bytes of a file; 0 if there is none. @throws what the file system throws */
export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/**
 * Judges a place before anything is made there.
 * @param filesystem statfs type instead of the real one, for tests
 * @returns the absolute path
 * @throws FaultError `network_filesystem`; `io` for what is there and is no file: of a device even its mode would be changed
 */
export function checkPlace(path: string, filesystem?: number): string {
  const absolute = resolve(path)
  const network = networkFilesystem(absolute, filesystem)
  if (network) throw new FaultError('network_filesystem', detailOf('network_filesystem', absolute, network))
  const kernel = kernelFilesystem(absolute)
  if (kernel)
    throw new FaultError('io', detailOf('io', absolute, `no file can be created on ${kernel}; name another folder`))
  const there = statSync(absolute, { throwIfNoEntry: false })
  if (there && !there.isFile()) {
    const what = there.isDirectory() ? 'it is a folder; name a file in it' : 'it is no file; name one'
    throw new FaultError('io', detailOf('io', absolute, what))
  }
  return absolute
}

/**
 * Makes the folder if it is missing.
 * @param filesystem statfs type instead of the real one, for tests
 * @returns the file's real path, so that two names of one file meet at one lock
 * @throws FaultError as `checkPlace`
 */
export function preparePath(path: string, filesystem?: number): string {
  const absolute = checkPlace(path, filesystem)
  mkdirSync(dirname(absolute), { recursive: true, mode: 0o700 })
  // A link to a file that is not there yet: SQLite would make that by the umask, and under another name than later.
  if (lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink()) closeSync(openSync(absolute, 'a', 0o600))
  return statSync(absolute, { throwIfNoEntry: false })
    ? realpathSync(absolute)
    : join(realpathSync(dirname(absolute)), basename(absolute))
}

/**
 * Takes the lock that says which process writes. SQLite's own file lock on a side file: the kernel frees it with the
 * process, however that ends.
 * @throws FaultError `locked`
 */
export function takeLock(path: string): DatabaseSync {
  const file = `${path}.lock`
  createPrivate(file)
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    // Nothing is ever written to it, so it needs no rollback journal next to it.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== 5) throw error
    throw new FaultError('locked', detailOf('locked', path))
  }
  return lock
}

/**
 * Judges a file before anything may write to it: whether it is a database, whole, ours, and of a schema that we know.
 * The whole content is checked up to 64 MiB; above that the header, the schema, and the ends of the table.
 * @param isLive another process may write to it meanwhile
 * @param whole whether the whole content is checked at any size
 * @throws FaultError `corrupt`, `newer_schema`, `permission`, `read_only`; what SQLite throws
 */
export function checkFile(
  path: string,
  { isLive = false, whole = false }: { readonly isLive?: boolean; readonly whole?: boolean } = {},
): void {
  const bytes = sizeOf(path)
  const walBytes = sizeOf(`${path}-wal`)
  if (statSync(path, { throwIfNoEntry: false })) accessSync(path, constants.R_OK | constants.W_OK)
  accessSync(dirname(path), constants.W_OK | constants.X_OK)
  if (bytes === 0) return
  const url = pathToFileURL(path)
  // Without a WAL nothing need be recovered, and an immutable opening leaves no side file behind.
  url.search = !isLive && sizeOf(`${path}-wal`) === 0 ? '?mode=ro&immutable=1' : '?mode=ro'
  const db = new DatabaseSync(url, { readOnly: true, timeout: 1_000 })
  try {
    const version = schemaVersion(db)
    const application = db.prepare('PRAGMA application_id').get()!['application_id']
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!['n'] as number
    if (application !== APPLICATION_ID && (tables > 0 || version > 0)) {
      throw new FaultError('corrupt', detailOf('corrupt', path, 'it is the database of another program'))
    }
    if (version > SCHEMA_VERSION) {
      throw new FaultError(
        'newer_schema',
        detailOf('newer_schema', path, `schema ${version}, known up to ${SCHEMA_VERSION}`),
      )
    }
    const pages = db.prepare('PRAGMA page_count').get()!['page_count'] as number
    // SQLite compares the two only where there is no WAL. A checkpoint by another process may come in between.
    if (!isLive && pages - sizeOf(path) / PAGE > pagesInWal(Math.max(walBytes, sizeOf(`${path}-wal`)))) {
      throw new FaultError('corrupt', detailOf('corrupt', path, 'pages at its end are missing'))
    }
    if (whole || bytes <= FULL_CHECK_BYTES) {
      const verdict = db.prepare('PRAGMA quick_check(1)').get()!['quick_check']
      // Where there is a title, the reason comes below it: *** in database main ***
      const reason = String(verdict)
        .replace(/^\*{3}.*\n/, '')
        .split('\n')[0]
      if (verdict !== 'ok') throw new FaultError('corrupt', detailOf('corrupt', path, reason))
    } else if (tables > 0) {
      db.prepare('SELECT length(raw) FROM failures ORDER BY id DESC LIMIT 1').get()
      db.prepare('SELECT length(raw) FROM failures ORDER BY id LIMIT 1').get()
      db.prepare('SELECT count FROM totals LIMIT 1').get()
    }
  } finally {
    db.close()
  }
}

/** Creates a file that only its owner may read, before SQLite would create it by the umask; its name is durable. */
export function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    syncFolder(dirname(path))
    syncFolder(dirname(dirname(path)))
  } catch (error) {
    // Not opened to see: closing a file gives up every lock that this process holds on it (fcntl(2)).
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    try {
      chmodSync(path, 0o600)
    } catch {
      // Another owner's file that we may write to: its mode is that owner's affair.
    }
  }
}

/** A file's name lives in its folder, and a new folder's in the one above: without this a power cut may take either. */
function syncFolder(path: string): void {
  let folder: number | undefined
  try {
    folder = openSync(path, 'r')
    fsyncSync(folder)
  } catch {
    // A folder above that this user may not read is not a new one.
  } finally {
    if (folder !== undefined) closeSync(folder)
  }
}

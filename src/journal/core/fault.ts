import type { JournalFault } from '../../domain/ports/journal.ts'

/** Why the store cannot be written, as it travels between the threads. `detail` is safe to show to an operator. */
export interface Fault {
  readonly kind: JournalFault
  readonly detail: string
  /** Of `lost_commits`: how many failures. */
  readonly lost?: number
}

/** Thrown in a thread that owns the store; the store is closed by then, and the outcome of what was being written unknown. */
export class FaultError extends Error {
  readonly fault: Fault

  constructor(kind: JournalFault, detail: string, lost?: number) {
    super(detail)
    this.name = 'FaultError'
    this.fault = { kind, detail, ...(lost !== undefined && { lost }) }
  }
}

/** Primary result codes of SQLite (sqlite.org/rescode.html); the extended ones carry them in their low byte. */
const PRIMARY: Readonly<Record<number, JournalFault>> = {
  3: 'permission',
  5: 'locked',
  6: 'locked',
  8: 'read_only',
  11: 'corrupt',
  13: 'disk_full',
  26: 'corrupt',
}
const ERRNO: Readonly<Record<string, JournalFault>> = {
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'read_only',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
}

/** Constraint, mismatch, too big, out of range: what one entry can cause by itself, without anything being wrong with the store. */
const ENTRY_ERRORS = new Set([18, 19, 20, 25])

interface SqliteError {
  readonly code?: string
  readonly errcode?: number
  readonly message: string
}

/** Whether only the entry that was being written is at fault. */
export function isEntryError(error: unknown): boolean {
  const { code, errcode } = error as SqliteError
  return code === 'ERR_SQLITE_ERROR' ? ENTRY_ERRORS.has(errcode! & 0xff) : error instanceof TypeError
}

/**
 * Names what went wrong with the file and what to do next.
 * @param roomless whether the volume has next to no room, which SQLite often reports as a plain I/O error
 */
export function faultOf(error: unknown, path: string, roomless: boolean): FaultError {
  if (error instanceof FaultError) return error
  const { code, errcode, message } = error as SqliteError
  const known = errcode === undefined ? ERRNO[code ?? ''] : PRIMARY[errcode & 0xff]
  const kind = known ?? (roomless ? 'disk_full' : 'io')
  return new FaultError(kind, detailOf(kind, path, code === 'ERR_SQLITE_ERROR' ? message : (code ?? message)))
}

/** Unknown table or column, wrong use, value or type: the query is at fault, and the file is not. */
const OF_THE_QUERY = new Set([1, 18, 20, 21, 25])

/**
 * What a failed reading means.
 * @returns a FaultError if the file cannot be read; the error itself if the query is at fault
 */
export function readFaultOf(error: unknown, path: string): unknown {
  const { code, errcode, message } = error as SqliteError
  if (code !== 'ERR_SQLITE_ERROR' || errcode === undefined || OF_THE_QUERY.has(errcode & 0xff)) return error
  const kind = PRIMARY[errcode & 0xff] ?? 'io'
  if (kind === 'corrupt' || kind === 'permission') return new FaultError(kind, detailOf(kind, path, message))
  if (kind === 'locked') return new FaultError(kind, `${path} is locked by another process and cannot be read`)
  return new FaultError('io', `${path} cannot be read (${message}); look at the volume and the kernel's log`)
}

/** One or two sentences: what is wrong with which file, and the next step. */
export function detailOf(kind: JournalFault, path: string, reason = ''): string {
  switch (kind) {
    case 'locked':
      return `another process holds ${path}; stop it, or give this one its own journal.url`
    case 'corrupt':
      return `${path} is damaged (${reason}) and was left as it is; move it away to start anew, or restore a copy`
    case 'newer_schema':
      return `${path} was written by a newer version (${reason}); run that version, or give this one its own journal.url`
    case 'network_filesystem':
      return `${path} is on a network file system (${reason}), where SQLite loses data; put it on a local volume, or use PostgreSQL`
    case 'permission':
      return `${path} may not be opened for writing (${reason}); give this user the folder, with mode 0700`
    case 'read_only':
      return `${path} is on a volume that is read-only (${reason}); mount it writable`
    case 'disk_full':
      return `there is no room for ${path}; free some or enlarge the volume, and it goes on by itself`
    case 'lost_commits':
      return `${path} holds ${reason} failures fewer than were acknowledged; look for a damaged volume or a restored copy`
    default:
      return `${path} cannot be written (${reason}); look at the volume and the kernel's log`
  }
}

import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Fault, FaultError, faultOf } from '../core/fault.ts'
import { checkFile, checkPlace } from './check.ts'

/** What was found of a journal; a warning does not keep it from being used. */
export interface Inspection {
  readonly fault?: Fault
  readonly warning?: string
}

/**
 * Judges a journal file as opening it would, for the command line: nothing is created, and a file that does not exist
 * yet is no fault, since the service makes it. The lock is only looked at: a running service keeps it, and one that is
 * starting gets it.
 */
export function inspectFile(path: string): Inspection {
  const absolute = resolve(path)
  try {
    checkPlace(path)
    if (!existsSync(absolute)) return {}
    const file = realpathSync(absolute)
    const isLive = isLocked(`${file}.lock`)
    checkFile(file, { isLive })
    return isLive ? { warning: `another process holds ${file}: a second service could not use it` } : {}
  } catch (error) {
    return { fault: (error instanceof FaultError ? error : faultOf(error, absolute, false)).fault }
  }
}

/** Whether the lock that `takeLock` takes is held. */
function isLocked(file: string): boolean {
  if (!existsSync(file)) return false
  const lock = new DatabaseSync(file, { readOnly: true, timeout: 0 })
  try {
    lock.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === 5) return true
    throw error
  } finally {
    lock.close()
  }
}

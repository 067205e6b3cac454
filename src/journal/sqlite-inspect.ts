import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Fault, FaultError, faultOf } from './fault.ts'
import { checkFile, checkPlace, takeLock } from './sqlite-check.ts'

/**
 * Judges a journal file as opening it would, for the command line: nothing is created, and a file that does not exist
 * yet is no fault, since the service makes it.
 */
export function inspectFile(path: string): Fault | undefined {
  const absolute = resolve(path)
  try {
    checkPlace(path)
    if (!existsSync(absolute)) return undefined
    const file = realpathSync(absolute)
    if (existsSync(`${file}.lock`)) takeLock(file).close()
    checkFile(file)
    return undefined
  } catch (error) {
    return (error instanceof FaultError ? error : faultOf(error, absolute, false)).fault
  }
}

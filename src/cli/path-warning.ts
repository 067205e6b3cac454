import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { FaultError } from '../journal/core/fault.ts'
import { checkPlace } from '../journal/sqlite/check.ts'

/** Why a journal could probably not be created or written at this path, and the fix; nothing is opened or created. */
export function pathWarning(path: string): string | undefined {
  const absolute = resolve(path)
  try {
    checkPlace(absolute)
  } catch (error) {
    return error instanceof FaultError ? error.fault.detail : `${absolute} cannot be reached (${codeOf(error)})`
  }
  if (existsSync(absolute)) return denied(absolute, constants.R_OK | constants.W_OK)
  const folder = dirname(absolute)
  const [there, missing] = nearest(folder)
  if (!statSync(there).isDirectory())
    return `${there} is not a folder, so ${absolute} cannot be created; correct the path`
  const fault = denied(there, constants.W_OK | constants.X_OK)
  if (fault) return fault
  // One missing folder is ordinary at the first start; several suggest a typing error or a volume that is not mounted.
  return missing > 1
    ? `the folder ${folder} does not exist, and neither does the one above it; it would be created below ${there}: mount the volume, or correct the path`
    : undefined
}

function denied(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    const code = codeOf(error)
    const fix = code === 'EROFS' ? 'mount the volume writable' : 'give this user the folder, or correct the path'
    return `${path} is not writable (${code}); ${fix}`
  }
}

/** The nearest path above that exists, and how many folders are missing. */
function nearest(folder: string): [there: string, missing: number] {
  let there = folder
  let missing = 0
  while (!existsSync(there) && dirname(there) !== there) {
    there = dirname(there)
    missing++
  }
  return [there, missing]
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message

import { type Fault, FaultError } from '../core/fault.ts'

/** The fault that an error of the writing thread stands for. */
export const faultOf = (error: unknown, path: string): Fault =>
  error instanceof FaultError
    ? error.fault
    : { kind: 'io', detail: `${path} cannot be written (${(error as Error).message}); see the log` }

/** The writing thread has not answered in time. */
export const stall = (what: string, { path, stallAfter }: { path: string; stallAfter: number }) =>
  new FaultError('io', `${what} of ${path} has been waiting for ${stallAfter} ms; check the volume`)

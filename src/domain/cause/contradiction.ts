import { statusCause } from '../classify/numbers.ts'
import type { Cause } from './cause.ts'

/** What a report says went wrong. */
export interface Fault {
  readonly cause: Cause
  /** What the platform got; null if it got no HTTP answer, or the source has numbers of its own. */
  readonly status: number | null
}

/** Most faults that an incident keeps; those that are hardest to contradict stay. */
const FAULT_LIMIT = 10

export const faultOf = (cause: Cause, code: number | null): Fault => ({
  cause,
  status: code !== null && code >= 200 && code <= 599 ? code : null,
})

/** The faults with one more. */
export function withFault(faults: readonly Fault[], fault: Fault): readonly Fault[] {
  if (faults.some(({ cause, status }) => cause === fault.cause && status === fault.status)) return faults
  return [...faults, fault].sort((a, b) => highestProof(a) - highestProof(b)).slice(0, FAULT_LIMIT)
}

/** Failures below HTTP: any answer shows that they are gone. */
const BELOW_HTTP: ReadonlySet<Cause> = new Set([
  'dns',
  'connection_refused',
  'connection_reset',
  'unreachable',
  'tls',
  'timeout',
  'protocol',
])

/** The highest status from 200 on that shows the fault gone; 0 if no status does. */
function highestProof({ cause, status }: Fault): number {
  if (status === null)
    return BELOW_HTTP.has(cause) ? 599 : cause === 'server_error' || cause === 'unavailable' ? 499 : 299
  // Something in a good answer was wrong: no status can tell that it is right now.
  if (status < 300) return 0
  return status >= 500 ? 499 : 299
}

/**
 * Whether an answer that a probe got contradicts what was reported. Below HTTP, any answer does. The status that the
 * platform got never does, nor does one of the same cause; another one does after a 5xx unless it is 5xx, and after a 4xx
 * if it is 2xx.
 */
export function contradicts(status: number, fault: Fault): boolean {
  if (status === fault.status || status < 200 || status > highestProof(fault)) return false
  return status < 300 || statusCause(status) !== fault.cause
}

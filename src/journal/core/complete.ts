import type { Change, EndpointState } from '../../domain/incident/incident.ts'
import type { RecoveryApplied } from '../../domain/incident/incident-effects.ts'
import type { Recorded } from '../../domain/ports/journal.ts'
import { AppError } from '../../errors.ts'
import type { Commands, PendingCommand } from './queue.ts'

/**
 * The outcome of a command of a group. An entry is either added or a duplicate of another record; `change` is null where
 * the entry changes no incident. A canary is `accepted` or `replayed`.
 */
export type Result =
  | readonly [duplicateOf: string | null, change: Change | null]
  | SignalResult
  | { readonly change: Change }
  | RecoveryResult
  | Refused
  | 'reused'
  | 'accepted'
  | 'replayed'

/** The same of a signal that is no failure, which does not count as a record. */
export interface SignalResult {
  readonly duplicateOf: string | null
  readonly signal: Change | null
}

/** What became of an incident's recovery; null: there is no such incident. */
export interface RecoveryResult {
  readonly recovery: RecoveryApplied | null
}

/** The store refuses the record, however often it is tried; why, without anything of the record itself. */
export interface Refused {
  readonly refused: string
}

/** As the sender gets it: a person can change what refuses it, and it may come again. */
export class RefusedError extends AppError {
  readonly reason: string

  constructor(reason: string) {
    const cause = new Error(`the journal refuses the record: ${reason}`)
    super('journal_refused', 'the journal refuses this report; the log says why', { retryAfter: 60, cause })
    this.reason = reason
  }
}

export const isRefused = (result: Result): result is Refused => typeof result === 'object' && 'refused' in result

/** Whether a result is a record that was added. */
export const isAdded = (result: Result): boolean => Array.isArray(result) && result[0] === null

/** Answers the caller of a command. @param stateOf the endpoint's state after the whole group */
export function complete(
  { command, resolve, reject }: PendingCommand,
  result: Result,
  stateOf: (endpoint: string) => EndpointState,
): void {
  if (result === 'reused') {
    reject(new AppError('idempotency_key_reused', 'this id was used before, with another body'))
  } else if (result === 'replayed') {
    reject(new AppError('canary_replayed', 'this canary was received before; each nonce counts once'))
  } else if (result === 'accepted') {
    resolve(undefined)
  } else if ('refused' in result) {
    reject(new RefusedError(result.refused))
  } else if ('recovery' in result) {
    resolve(result.recovery ?? undefined)
  } else if ('signal' in result) {
    const { id, endpoint } = (command as Commands['signal']['command']).entry.signal
    resolve(recorded(id, endpoint, result.duplicateOf, result.signal, stateOf))
  } else if ('change' in result) {
    resolve({ change: result.change, state: stateOf((command as Commands['event']['command']).endpoint) })
  } else {
    const [duplicateOf, change] = result
    const { id, endpoint } = (command as Commands['entry']['command']).entry.failure
    resolve(recorded(id, endpoint, duplicateOf, change, stateOf))
  }
}

const recorded = (
  id: string,
  endpoint: string,
  duplicateOf: string | null,
  change: Change | null,
  stateOf: (endpoint: string) => EndpointState,
): Recorded => {
  const stored = duplicateOf ?? id
  const duplicate = duplicateOf !== null
  if (change === null) return { id: stored, duplicate }
  return { id: stored, duplicate, incident: { change, state: stateOf(endpoint) } }
}

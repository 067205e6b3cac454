import type { Change, EndpointState } from '../../domain/incident.ts'
import { AppError } from '../../errors.ts'
import type { Waiting, Works } from './queue.ts'

/**
 * What became of a work of a group. An entry is either added or a duplicate of another record; `change` is null where no
 * incident was asked about. A canary is `taken` or `replayed`.
 */
export type Result =
  | readonly [duplicateOf: string | null, change: Change | null]
  | { readonly change: Change }
  | 'reused'
  | 'refused'
  | 'taken'
  | 'replayed'

/** Whether a result is a record that was added. */
export const isAdded = (result: Result): boolean => Array.isArray(result) && result[0] === null

/** Answers whoever waits for a work. @param stateOf the endpoint's state after the whole group */
export function settle(waiting: Waiting, result: Result, stateOf: (endpoint: string) => EndpointState): void {
  const { work, resolve, reject } = waiting
  if (result === 'reused') {
    reject(new AppError('idempotency_key_reused', 'this id was used before, with another body'))
  } else if (result === 'refused') {
    reject(new AppError('internal', 'the record cannot be stored'))
  } else if (result === 'replayed') {
    reject(new AppError('canary_replayed', 'this canary was received before; each nonce counts once'))
  } else if (result === 'taken') {
    resolve(undefined)
  } else if ('change' in result) {
    resolve({ change: result.change, state: stateOf((work as Works['event']['work']).endpoint) })
  } else {
    const [duplicateOf, change] = result
    const { id, endpoint } = (work as Works['entry']['work']).entry.failure
    resolve({
      id: duplicateOf ?? id,
      duplicate: duplicateOf !== null,
      ...(change !== null && { incident: { change, state: stateOf(endpoint) } }),
    })
  }
}

import { type Entry, isSignalEntry, type SignalEntry } from '../../domain/ports/journal.ts'
import { isAdded, isRefused } from '../core/complete.ts'
import { commandOf } from '../core/queue.ts'
import type { RefusedRecord } from '../spill/spill-target.ts'
import { findStored } from './prove.ts'
import type { Session } from './session.ts'
import { type GroupOptions, type Written, writeGroup } from './write.ts'

/**
 * Writes entries that were acknowledged elsewhere, as `writeGroup` does. One that is there already stays as it is; one
 * whose sender's id belongs to another body here is kept without that id, since it was promised.
 * @returns also those that can neither be stored nor are there
 */
export async function moveEntries(
  session: Session,
  entries: readonly (Entry | SignalEntry)[],
  options: GroupOptions,
): Promise<Moved> {
  const commands = entries.map((entry) => commandOf(entry))
  const written = await writeGroup(session, commands, options)
  const isReused = (_: unknown, index: number): boolean => written.results[index] === 'reused'
  const reused = entries.filter(isReused).filter((entry): entry is Entry => !isSignalEntry(entry))
  const again = reused.map(({ idempotency: _, ...entry }) => entry)
  const more = again.length > 0 ? await moveEntries(session, again, options) : undefined
  const refused = entries.flatMap((record, index) => {
    const result = written.results[index]!
    return isRefused(result) ? [{ record, reason: result.refused }] : []
  })
  const isNew = (_: unknown, index: number): boolean => isAdded(written.results[index]!)
  const failures = refused.flatMap(({ record }) => (isSignalEntry(record) ? [] : [record]))
  const there = new Set<Entry | SignalEntry>(await findStored(session, failures))
  return {
    endpoints: new Map([...written.endpoints, ...(more?.endpoints ?? [])]),
    added: [...entries.filter(isNew).filter((entry): entry is Entry => !isSignalEntry(entry)), ...(more?.added ?? [])],
    refused: [...refused.filter(({ record }) => !there.has(record)), ...(more?.refused ?? [])],
  }
}

export interface Moved {
  readonly endpoints: Written['endpoints']
  /** Those that were not there yet. */
  readonly added: readonly Entry[]
  readonly refused: readonly RefusedRecord[]
}

import { type Entry, isSignalEntry, type JournalEvents } from '../../domain/ports/journal.ts'
import type { SpillTarget } from '../spill/spill-target.ts'
import type { AcknowledgedIds } from './acknowledged.ts'
import type { Connector } from './connect.ts'
import type { KnownEndpoints } from './endpoints.ts'
import { isEntryError, postgresFault } from './fault.ts'
import { findByKey } from './idempotency-keys.ts'
import { moveEntries } from './move.ts'
import { insertSeries, type Series } from './series.ts'
import type { SessionPool } from './session-pool.ts'
import { signalEvent } from './signals.ts'
import { failureEvent, type GroupOptions } from './write.ts'

interface Deps {
  readonly connector: Connector
  readonly readers: SessionPool
  readonly series: Series
  readonly endpoints: KnownEndpoints
  /** Entries to look up when the database is back. */
  readonly unknown: Set<Entry>
  readonly acknowledged: Pick<AcknowledgedIds, 'add'>
  readonly events: JournalEvents
  readonly groupOptions: () => GroupOptions
}

/** Takes over what a spill recorded while the database was away. */
export class Moves implements Pick<SpillTarget, 'findByKey' | 'takeOver' | 'registerSpilled' | 'startMove'> {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  readonly findByKey: SpillTarget['findByKey'] = (entry) =>
    this.#deps.readers.lend((session) => findByKey(session, entry)).catch(() => undefined)

  readonly takeOver: SpillTarget['takeOver'] = (entry) => {
    const { unknown } = this.#deps
    const isUnknown = unknown.delete(entry)
    return () => {
      if (isUnknown) unknown.add(entry)
    }
  }

  readonly registerSpilled: SpillTarget['registerSpilled'] = (entry) => {
    const { series, endpoints, groupOptions } = this.#deps
    // With the answer's own effects, which come in the check phase: an opening in between would count it in its totals as well.
    if (!isSignalEntry(entry)) setImmediate(() => series.recordStored(entry, false))
    const { incidents, slots } = groupOptions()
    const event = isSignalEntry(entry) ? signalEvent(entry) : failureEvent(entry)
    return entry.isTracked ? endpoints.predict(event, incidents, slots) : undefined
  }

  readonly startMove: SpillTarget['startMove'] = async (series) => {
    const { connector, endpoints, events, groupOptions, acknowledged, series: counts } = this.#deps
    const asFault = (error: unknown): never => {
      throw postgresFault(error, connector.where)
    }
    const session = await connector.another()
    await insertSeries(session, series).catch((error) => {
      // One refused label set must not block the reports, which bring theirs along.
      if (isEntryError(error)) return
      session.end()
      asFault(error)
    })
    return {
      async store(entries, isEarlier) {
        const moved = await moveEntries(session, entries, groupOptions()).catch(asFault)
        for (const entry of moved.added) {
          acknowledged.add(entry.failure.id)
          if (!isEarlier(entry) || entry.failure.mark) continue
          counts.recordStored(entry)
          events.onMoved?.(entry)
        }
        if (endpoints.update(moved.endpoints.values())) events.onSnapshot(endpoints.all())
        return moved.refused
      },
      end: () => session.end(),
    }
  }
}

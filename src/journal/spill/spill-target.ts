import type { Applied, Entry, Journal, SeriesTotal, SignalEntry } from '../../domain/ports/journal.ts'
import type { StoredRecord, StoredSignal } from '../core/records.ts'

/** A record, and the database's error (SQLSTATE) when it was refused. */
export interface RefusedRecord {
  readonly record: StoredRecord | StoredSignal
  readonly reason: string
}

/** A connection over which records move to the journal. Its methods throw FaultError. */
export interface Move {
  /**
   * Stores records that were acknowledged elsewhere; one that is there already, by its own id or its sender's, is not
   * added again.
   * @param isEarlier whether an entry was acknowledged by an earlier process, so that it counts in none that lives: it counts here
   * @returns those that the journal refuses, however often they are tried
   */
  store(
    entries: readonly (Entry | SignalEntry)[],
    isEarlier: (entry: Entry) => boolean,
  ): Promise<readonly RefusedRecord[]>
  end(): void
}

/** A journal that may be unreachable for a while, and takes what a spill recorded meanwhile. */
export interface SpillTarget extends Journal {
  readonly isUp: boolean
  /** Registers what to do each time it was opened. */
  onUp(handler: () => void): void
  /** The id of the record that has the sender's id of an entry; undefined if there is none, or the question failed. */
  findByKey(entry: Entry): Promise<string | undefined>
  /**
   * The spill is about to record an entry that this journal rejected; its outcome here no longer matters.
   * @returns to be called if the spill rejects it too: then it counts if it is here
   */
  takeOver(entry: Entry): () => void
  /**
   * The spill has recorded an entry: it counts here from now on.
   * @returns what it will do to its endpoint's incident, as far as can be predicted
   */
  registerSpilled(entry: Entry | SignalEntry): Applied | undefined
  /** @param series label sets to make known before the records @throws FaultError */
  startMove(series: readonly SeriesTotal[]): Promise<Move>
}

import type { EndpointState, IncidentSettings } from '../../domain/incident/incident.ts'
import type { Checkpoint, JournalSize } from '../../domain/ports/journal.ts'
import type { Result } from '../core/complete.ts'
import type { Fault } from '../core/fault.ts'
import type { ClockReading } from '../core/machine-clock.ts'
import type { TotalRow } from './rows.ts'

export interface StoreOptions {
  readonly path: string
  readonly retentionSize: number
  readonly incidents: IncidentSettings
  /**
   * Its records are moved to another journal. So all signals are kept until then; its rows are counted before it is reported
   * open, also in a large file; and it is opened without room as well, since moving them makes some.
   */
  readonly isDrained?: boolean
  /** statfs type instead of the real one, for tests. */
  readonly filesystem?: number
}

/** What the store reports while it works. */
export type Notice =
  | { readonly type: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly type: 'expired'; readonly failures: number; readonly reason: 'age' | 'size' }
  /** What an opening is doing, with the size of the file in question. */
  | { readonly type: 'opening'; readonly step: string; readonly bytes: number }

/** What retention goes by. */
export interface Clocks {
  readonly reading: ClockReading
  /** Milliseconds. */
  readonly age: number
}

export interface OpenOptions {
  /** Absent: no retention, so nothing is to be known of when rows arrived. */
  readonly clocks?: Clocks
  /** Whether label sets and endpoints that are older than the age are dropped. */
  readonly forget: boolean
}

export interface Opened {
  readonly totals: readonly TotalRow[]
  readonly endpoints: readonly EndpointState[]
  readonly size: JournalSize
  /** What was found missing, where fewer failures are there than were acknowledged. */
  readonly lost?: Fault
  /** The file's real path, for the reader. */
  readonly file: string
  /** The file system, where that is in memory only. */
  readonly volatile?: string
}

export interface Committed {
  /** In the group's order. */
  readonly results: readonly Result[]
  /** The endpoints that the group asked about, as they are after it. */
  readonly endpoints: readonly EndpointState[]
  /** What it took. */
  readonly seconds: number
  /** Of the database and its WAL, after it. */
  readonly bytes: number
}

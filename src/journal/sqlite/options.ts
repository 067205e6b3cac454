import type { Clock } from '../../domain/ports/clock.ts'
import { GROUP_DEFAULTS, type GroupOptions } from '../core/group-options.ts'
import { monotonicClock } from '../core/machine-clock.ts'
import type { StoreOptions } from './store-types.ts'

export interface SqliteJournalOptions extends GroupOptions {
  /** The database file; next to it `-wal` and `-shm` (SQLite's), `.lock` and `.mark`. A missing folder is created. */
  readonly path: string
  /** Milliseconds after which a commit without an answer counts as failed. */
  readonly stallAfter?: number
  /** Milliseconds without a reading after which the reading thread ends. */
  readonly readerIdle?: number
  /** Most MiB of the writing thread's heap. */
  readonly writerHeap?: number
  /** Milliseconds of a clock that is never set; by default the kernel's. */
  readonly monotonic?: Clock
  /** Whether its records are moved to another journal: see `StoreOptions`. */
  readonly isDrained?: boolean
  /** statfs(2) type instead of the file system's own, for tests. */
  readonly filesystem?: number
}

export const DEFAULTS = {
  ...GROUP_DEFAULTS,
  retry: { min: 100, max: 10_000 },
  stallAfter: 10_000,
  retentionBatch: 200,
  readerIdle: 60_000,
  monotonic: monotonicClock,
  // Room for the totals of 100,000 label sets.
  writerHeap: 128,
} as const

export type Settings = SqliteJournalOptions & Required<Pick<SqliteJournalOptions, keyof typeof DEFAULTS>>

/** What the writing thread needs of them. */
export function storeOptions(settings: Settings): StoreOptions {
  const { path, retention, incidents, filesystem, isDrained = false } = settings
  return {
    path,
    incidents,
    isDrained,
    retentionSize: retention.size,
    ...(filesystem === undefined ? {} : { filesystem }),
  }
}

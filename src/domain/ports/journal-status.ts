/** Why a journal cannot be written. The set is closed: it is the label `kind` of `webhook_exporter_journal_errors_total`. */
export const JOURNAL_FAULTS = [
  'locked',
  'corrupt',
  'newer_schema',
  'network_filesystem',
  'permission',
  'disk_full',
  'lost_commits',
  'unreachable',
  'read_only',
  'unsafe_durability',
  'io',
] as const
export type JournalFault = (typeof JOURNAL_FAULTS)[number]

/**
 * Why a reading failed. The set is closed: it is the label `kind` of `webhook_exporter_journal_read_errors_total`.
 * `closed`: the journal is not open; `query`: the fault is in our query; `unreachable`: of a database server.
 */
export const READ_FAULTS = ['closed', 'corrupt', 'locked', 'permission', 'unreachable', 'io', 'query'] as const
export type ReadFault = (typeof READ_FAULTS)[number]

export interface JournalStatus {
  readonly up: boolean
  /** When it last went up or down, milliseconds since the epoch. */
  readonly since: number
  /** Why it is down, and what to do about it: safe to show to an operator. Absent while up, and before the first attempt ended. */
  readonly fault?: { readonly kind: JournalFault; readonly detail: string }
  /** Submitted entries with an unknown outcome. */
  readonly pending: number
  /** How many entries may wait; one more is refused. */
  readonly pendingLimit: number
  /** Of the last look, at most 15 s old; null before the first. */
  readonly size: JournalSize | null
  /** What the journal is doing while it is being opened. */
  readonly opening?: string
  /** What an operator should know although it can be written. */
  readonly warnings?: readonly string[]
  /** Why nothing is removed by age. */
  readonly retentionStop?: RetentionStop
  /** Absent if there is none: reports wait for it in a local file while the journal is unreachable. */
  readonly spill?: SpillStatus
}

export interface SpillStatus {
  /** Whether reports are taken although the journal is down. */
  readonly usable: boolean
  /** Reports that were acknowledged and are still to move on. */
  readonly waiting: number
  /** Reports that were acknowledged and that the journal refuses, kept in a file next to the spill; absent while there are none. */
  readonly setAside?: number
}

/** Why nothing is removed by age; closed, for it is a label. */
export const RETENTION_STOPS = ['clock_changed', 'future_rows'] as const

/** Nothing may be removed by its age while the wall clock cannot be trusted. `detail` is safe to show to an operator. */
export interface RetentionStop {
  readonly reason: (typeof RETENTION_STOPS)[number]
  readonly detail: string
}

/** `blocked`: a reader, or a checkpoint of another process, kept part of the WAL from the database file. */
export const CHECKPOINT_RESULTS = ['ok', 'blocked', 'failed'] as const

/** One attempt to bring SQLite's write-ahead log (WAL) into the database file. */
export interface Checkpoint {
  readonly result: (typeof CHECKPOINT_RESULTS)[number]
  readonly walBytes: number
  /** Bytes of the WAL from which on it is brought into the file. */
  readonly walLimit: number
  /** The error of one that failed. */
  readonly detail?: string
}

export interface JournalSize {
  /** Rows of failures; null while those of a large file are being counted. */
  readonly failures: number | null
  /** Rows of other signals, if they are counted. */
  readonly signals?: number
  /** Bytes on the volume (SQLite: file and WAL). */
  readonly bytes: number
  /** Bytes of the write-ahead log, and those from which on it is brought into the file. SQLite only. */
  readonly wal?: { readonly bytes: number; readonly limit: number }
  /** Free bytes of the volume; null if the journal is not a local file. */
  readonly freeBytes: number | null
  /** Receipt time of the oldest failure, milliseconds since the epoch; null if there is none. */
  readonly oldestAt: number | null
}

import type { Clock } from '../domain/clock.ts'
import type { IncidentSettings } from '../domain/incident.ts'
import type { JournalEvents, RetentionLimits } from '../domain/journal.ts'

export interface PostgresJournalOptions {
  /** As `parsePostgresUrl` reads it. */
  readonly url: string
  /** Holds the password; read at each connection. */
  readonly passwordFile?: string | undefined
  /** Accept `synchronous_commit = off` and `fsync = off`, with which acknowledged reports can be lost. */
  readonly allowUnsafeDurability?: boolean
  readonly retention: RetentionLimits
  readonly incidents: IncidentSettings
  /** A SQLite file that takes reports while the database is away, and how large it may grow. */
  readonly spill?: { readonly path: string; readonly size: number } | undefined
  readonly events: JournalEvents
  readonly clock: Clock
  /** Most entries that wait, and most bytes of their bodies. */
  readonly pendingLimit?: number
  readonly pendingBytes?: number
  /** Most entries in one transaction, and most bytes of their bodies. */
  readonly groupLimit?: number
  readonly groupBytes?: number
  /** Milliseconds: first and longest wait before opening is tried again. */
  readonly retry?: { readonly min: number; readonly max: number }
  /** Milliseconds after which the outcome of a group counts as unknown. */
  readonly commitDeadline?: number
  /** Milliseconds between two looks at the other replicas' series, and renewals of the lease. */
  readonly tick?: number
  /** Milliseconds from a replica's death to the moment when another one may do its work; several ticks. */
  readonly leaseTerm?: number
  /** Milliseconds between two runs of retention. */
  readonly retentionInterval?: number
  /** Failures removed in one transaction of retention. */
  readonly retentionBatch?: number
  /** Milliseconds between two looks at the size. */
  readonly sizeInterval?: number
}

export const DEFAULTS = {
  allowUnsafeDurability: false,
  pendingLimit: 8_192,
  pendingBytes: 32 * 2 ** 20,
  groupLimit: 512,
  groupBytes: 4 * 2 ** 20,
  retry: { min: 200, max: 5_000 },
  commitDeadline: 3_000,
  tick: 5_000,
  leaseTerm: 15_000,
  retentionInterval: 60_000,
  retentionBatch: 1_000,
  sizeInterval: 15_000,
} as const

export type Settings = PostgresJournalOptions & Required<Pick<PostgresJournalOptions, keyof typeof DEFAULTS>>

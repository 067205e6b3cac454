import type { IncidentSettings } from '../../domain/incident/incident.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { JournalEvents, RetentionLimits } from '../../domain/ports/journal.ts'

/** What every adapter that commits in groups is given and can be tuned by. */
export interface GroupOptions {
  readonly retention: RetentionLimits
  readonly incidents: IncidentSettings
  readonly events: JournalEvents
  readonly clock: Clock
  /** Most entries that wait, and most bytes of their bodies and texts. */
  readonly pendingLimit?: number
  readonly pendingBytes?: number
  /** Most entries in one transaction, and most bytes of their bodies and texts. */
  readonly groupLimit?: number
  readonly groupBytes?: number
  /** Milliseconds: first and longest wait before opening is tried again. */
  readonly retry?: { readonly min: number; readonly max: number }
  /** Milliseconds between two runs of retention. */
  readonly retentionInterval?: number
  /** Failures removed in one step of retention. */
  readonly retentionBatch?: number
  /** Milliseconds between two looks at the size; the gauges made of it promise to be at most 15 s old. */
  readonly sizeInterval?: number
}

export const GROUP_DEFAULTS = {
  pendingLimit: 8_192,
  pendingBytes: 32 * 2 ** 20,
  groupLimit: 512,
  groupBytes: 4 * 2 ** 20,
  retentionInterval: 60_000,
  sizeInterval: 15_000,
} as const

/** What the limit of the size may be exceeded by, as a part of it, until retention no longer waits for its turn. */
export const TOLERATED_EXCESS = 1 / 16

type Tuned = keyof typeof GROUP_DEFAULTS | 'retry' | 'retentionBatch'
export type GroupSettings = GroupOptions & Required<Pick<GroupOptions, Tuned>>

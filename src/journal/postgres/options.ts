import { ENDPOINT_LIMIT } from '../../domain/report/bounded-names.ts'
import { GROUP_DEFAULTS, type GroupOptions } from '../core/group-options.ts'
import type { Slots } from './slots.ts'

export interface PostgresJournalOptions extends GroupOptions {
  /** As `parsePostgresUrl` reads it. */
  readonly url: string
  /** Holds the URL; its password is read at each connection. */
  readonly urlFile?: string | undefined
  /** Holds the password; read at each connection. */
  readonly passwordFile?: string | undefined
  /** Accept `synchronous_commit = off` and `fsync = off`, with which acknowledged reports can be lost. */
  readonly allowUnsafeDurability?: boolean
  /** Endpoints that may have incidents in all replicas together. */
  readonly slots?: Slots
  /** Milliseconds after which the outcome of a group counts as unknown. */
  readonly commitDeadline?: number
  /** Milliseconds between two looks at the other replicas' series, and renewals of the lease. */
  readonly tick?: number
  /** Milliseconds from a replica's death to the moment when another one may do its work; several ticks. */
  readonly leaseTerm?: number
}

export const DEFAULTS = {
  ...GROUP_DEFAULTS,
  allowUnsafeDurability: false,
  slots: { configured: [], limit: ENDPOINT_LIMIT },
  retry: { min: 200, max: 5_000 },
  commitDeadline: 3_000,
  tick: 5_000,
  leaseTerm: 15_000,
  retentionBatch: 500,
} as const

export type Settings = PostgresJournalOptions & Required<Pick<PostgresJournalOptions, keyof typeof DEFAULTS>>

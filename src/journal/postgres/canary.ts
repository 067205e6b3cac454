import type { CanaryMoments } from '../../domain/ports/journal.ts'
import { SCHEMA } from './migrations.ts'
import type { Session } from './session.ts'

export interface CanaryNonce {
  readonly nonce: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Stores nonces within the transaction of a group. @returns for each, in order, whether it is new */
export async function insertCanaries(session: Session, canaries: readonly CanaryNonce[]): Promise<boolean[]> {
  if (canaries.length === 0) return []
  const distinct = [...new Map(canaries.map(({ nonce, at }) => [nonce, at]))].sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = await session.query<[string]>(
    `INSERT INTO ${SCHEMA}.canaries (nonce, received_at) SELECT * FROM unnest($1::text[], $2::bigint[])
     ON CONFLICT (nonce) DO NOTHING RETURNING nonce`,
    [distinct.map(([nonce]) => nonce), distinct.map(([, at]) => at)],
  )
  const fresh = new Set(rows.map(([nonce]) => nonce))
  // The first of a nonce takes it; a second one in the group finds it gone.
  return canaries.map(({ nonce }) => fresh.delete(nonce))
}

/** Notes the canary's moments: the first time it was configured, the last time it succeeded. @returns both as they are now */
export async function noteCanary(
  session: Session,
  { configuredAt, succeededAt }: { readonly configuredAt: number; readonly succeededAt?: number },
): Promise<CanaryMoments> {
  const [row] = await session.query<[number, number | null]>(
    `INSERT INTO ${SCHEMA}.canary_moments AS m (one, configured_at, succeeded_at) VALUES (1, $1, $2)
     ON CONFLICT (one) DO UPDATE SET
       configured_at = least(m.configured_at, excluded.configured_at),
       succeeded_at = coalesce(excluded.succeeded_at, m.succeeded_at)
     RETURNING configured_at, succeeded_at`,
    [configuredAt, succeededAt ?? null],
  )
  return { configuredAt: row![0], succeededAt: row![1] }
}

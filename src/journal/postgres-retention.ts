import { CANARY_MEMORY } from '../domain/journal.ts'
import { fenced } from './postgres-lease.ts'
import { SCHEMA } from './postgres-migrations.ts'
import type { Session } from './postgres-session.ts'
import { sizeOf } from './postgres-size.ts'

export interface ExpireOptions {
  /** Failures with a smaller id are too old. */
  readonly beforeId: string
  /** Bytes; above it the oldest are removed. */
  readonly size: number
  /** Most failures removed in one transaction. */
  readonly batch: number
  /** Of the lease: once another replica holds it, nothing is removed. */
  readonly fence: number
}

export interface Expired {
  readonly failures: number
  readonly reason: 'age' | 'size'
}

/**
 * Incidents that closed before (milliseconds since the epoch), except each endpoint's last one; and nonces of canaries
 * whose time is over.
 */
export async function expireIncidents(
  session: Session,
  { before, now, fence }: { readonly before: number; readonly now: number; readonly fence: number },
): Promise<void> {
  await session.execute(
    `DELETE FROM ${SCHEMA}.incidents i WHERE i.closed_at < $2 AND ${fenced('$1')}
       AND NOT EXISTS (SELECT 1 FROM ${SCHEMA}.endpoints e WHERE e.incident_id = i.id)`,
    [fence, before],
    DEADLINE,
  )
  await session.execute(
    `DELETE FROM ${SCHEMA}.canaries WHERE received_at < $2 AND ${fenced('$1')}`,
    [fence, now - CANARY_MEMORY],
    DEADLINE,
  )
}

/** One batch of those that are too old. */
export async function expireAged(session: Session, options: ExpireOptions): Promise<number> {
  return remove(session, options, 'id < $3', [options.beforeId], options.batch)
}

/**
 * Removes the oldest until what is left fits, batch by batch. The rows' own bytes count, not the files': those keep the
 * room of removed rows for new ones.
 * @param onRemoved told after each batch; false ends it
 */
export async function expireOversized(
  session: Session,
  options: ExpireOptions,
  onRemoved: (failures: number) => boolean,
): Promise<void> {
  const { failures, meanBytes } = await sizeOf(session)
  let excess = Math.ceil((failures * meanBytes - options.size) / Math.max(meanBytes, 1))
  while (excess > 0) {
    const removed = await remove(session, options, 'true', [], Math.min(options.batch, excess))
    if (removed === 0 || !onRemoved(removed)) return
    excess -= removed
  }
}

async function remove(
  session: Session,
  { fence }: ExpireOptions,
  condition: string,
  values: readonly unknown[],
  limit: number,
): Promise<number> {
  return session.transaction(async () => {
    const rows = await session.query<[string]>(
      `SELECT id FROM ${SCHEMA}.failures WHERE ${condition} AND ${fenced('$1')} ORDER BY id LIMIT $2`,
      [fence, limit, ...values],
      DEADLINE,
    )
    if (rows.length === 0) return 0
    const ids = rows.map(([id]) => id)
    await session.execute(`DELETE FROM ${SCHEMA}.idempotency_keys WHERE failure_id = ANY ($1::uuid[])`, [ids], DEADLINE)
    return session.execute(`DELETE FROM ${SCHEMA}.failures WHERE id = ANY ($1::uuid[])`, [ids], DEADLINE)
  }, DEADLINE)
}

/** Milliseconds: nobody waits for it, and a busy volume may be slow. */
const DEADLINE = 30_000

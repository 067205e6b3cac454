import { setTimeout as sleep } from 'node:timers/promises'
import { CANARY_MEMORY } from '../../domain/ports/journal.ts'
import { EVENT_MEMORY } from '../../domain/ports/outbox.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import type { LifeCycle } from '../core/life-cycle.ts'
import { UNFINISHED } from '../core/queries.ts'
import type { ServerClock } from './clock.ts'
import { fenced, type PostgresLease } from './lease.ts'
import { SCHEMA } from './migrations.ts'
import type { Settings } from './options.ts'
import type { Session } from './session.ts'
import { expireSignals } from './signals.ts'
import { ROW_BYTES, sizeOf } from './size.ts'

interface RetentionDeps {
  readonly life: Pick<LifeCycle, 'isUp' | 'generation'>
  readonly lease: Pick<PostgresLease, 'fence'>
  readonly connect: () => Promise<Session>
  readonly clock: ServerClock
  /** What else is to be done over the same session, unless the run was ended. */
  readonly after: (session: Session, isLeader: () => boolean) => Promise<void>
}

/** Removes what is too old or too much, batch by batch, over its own session; by the leader alone. */
export class Retention {
  readonly #options: Pick<Settings, 'events' | 'retention' | 'retentionBatch'>
  readonly #deps: RetentionDeps
  #isRunning = false

  constructor(options: Pick<Settings, 'events' | 'retention' | 'retentionBatch'>, deps: RetentionDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** One run; does nothing while another one runs. */
  run(): void {
    const fence = this.#deps.lease.fence()
    if (!this.#deps.life.isUp || this.#isRunning || fence === null) return
    this.#isRunning = true
    this.#run(fence)
      // A fault of the database shows at the next group or tick; what is old can wait for the next run.
      .catch(() => {})
      .finally(() => {
        this.#isRunning = false
      })
  }

  async #run(fence: number): Promise<void> {
    const { events, retention, retentionBatch: batch } = this.#options
    const { life, lease, connect, clock, after } = this.#deps
    const { generation } = life
    const isLeader = () => life.isUp && generation === life.generation && lease.fence() === fence
    const session = await connect()
    try {
      const now = await clock.sync(session)
      const before = now - retention.age
      const options = { batch, fence, beforeId: firstIdAt(before), size: retention.size }
      const by = (reason: 'age' | 'size') => (failures: number) => {
        events.onExpired(failures, reason)
        return isLeader()
      }
      // First, whatever the others meet: of failures it is known which ones are old.
      await expireAged(session, options, by('age'))
      if (isLeader()) await expireIncidents(session, { before, now, fence })
      if (isLeader()) await expireOversized(session, options, by('size'))
      if (isLeader()) await after(session, isLeader)
    } finally {
      session.end()
    }
  }
}

interface ExpireOptions {
  /** Failures with a smaller id are too old. */
  readonly beforeId: string
  /** Bytes; above it the oldest are removed. */
  readonly size: number
  /** Most failures removed in one transaction. */
  readonly batch: number
  /** Of the lease: once another replica holds it, nothing is removed. */
  readonly fence: number
}

/**
 * Incidents that closed before (milliseconds since the epoch), except each endpoint's last one and those whose recovery is
 * not finished; signals of no incident;
 * and nonces of canaries whose time is over.
 */
async function expireIncidents(
  session: Session,
  { before, now, fence }: { readonly before: number; readonly now: number; readonly fence: number },
): Promise<void> {
  await session.execute(
    `DELETE FROM ${SCHEMA}.incidents i WHERE i.closed_at < $2 AND ${fenced('$1')}
       AND (recovery IS NULL OR NOT ${UNFINISHED})
       AND NOT EXISTS (SELECT 1 FROM ${SCHEMA}.endpoints e WHERE e.incident_id = i.id)`,
    [fence, before],
    DEADLINE,
  )
  await expireSignals(session, { before, fence })
  // Those of a hook that is no longer configured; others are given up earlier.
  await session.execute(
    `DELETE FROM ${SCHEMA}.outbox WHERE (event::json ->> 'at')::bigint < $2 AND ${fenced('$1')}`,
    [fence, Math.min(before, now - EVENT_MEMORY)],
    DEADLINE,
  )
  await session.execute(
    `DELETE FROM ${SCHEMA}.canaries WHERE received_at < $2 AND ${fenced('$1')}`,
    [fence, now - CANARY_MEMORY],
    DEADLINE,
  )
}

/**
 * Removes those that are too old, batch by batch.
 * @param onRemoved called after each batch; false ends it
 */
async function expireAged(
  session: Session,
  options: ExpireOptions,
  onRemoved: (failures: number) => boolean,
): Promise<void> {
  let removed: Removed | undefined
  do {
    const range = { after: removed?.last, before: options.beforeId, limit: options.batch }
    removed = await remove(session, options, range, onRemoved)
  } while (removed !== undefined)
}

/**
 * Removes the oldest until what is left fits, batch by batch. The rows' own bytes count, not the files': those keep the
 * room of removed rows for new ones.
 * @param onRemoved called after each batch; false ends it
 */
async function expireOversized(
  session: Session,
  options: ExpireOptions,
  onRemoved: (failures: number) => boolean,
): Promise<void> {
  const { rowBytes } = await sizeOf(session)
  let excess = rowBytes - options.size
  let removed: Removed | undefined
  while (excess > 0) {
    // The oldest may be much larger than the others: how large they are shows the first batch.
    const limit = removed ? Math.ceil((excess * removed.failures) / removed.bytes) : FIRST_BATCH
    const range = { after: removed?.last, before: LAST_ID, limit: Math.min(options.batch, limit) }
    removed = await remove(session, options, range, onRemoved)
    if (removed === undefined) return
    excess -= removed.bytes
  }
}

interface Removed {
  readonly failures: number
  /** As `ROW_BYTES` counts them. */
  readonly bytes: number
  readonly last: string
}

/** Failures of a run's first batch by size. */
const FIRST_BATCH = 20

const FIRST_ID = '00000000-0000-0000-0000-000000000000'
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Milliseconds between two batches, at least. A batch of 500 takes one or two. */
const PAUSE = 10
const FAILURES = `${SCHEMA}.failures`
/**
 * One batch in one statement, which is its own transaction: the ids of what it removes need not come here and go back.
 * Parameters: fence, most rows, and the ids between which they are.
 */
export const REMOVE = `WITH old AS MATERIALIZED (
      SELECT id, ${ROW_BYTES} AS bytes FROM ${FAILURES} WHERE id > $3 AND id < $4 AND ${fenced('$1')} ORDER BY id LIMIT $2
    ), keys AS (
      DELETE FROM ${SCHEMA}.idempotency_keys WHERE failure_id = ANY (ARRAY(SELECT id FROM old))
    ), removed AS (
      DELETE FROM ${FAILURES} WHERE id = ANY (ARRAY(SELECT id FROM old))
    )
    SELECT count(*), sum(bytes)::float8, max(id::text) FROM old`

/**
 * One batch. It begins where the one before ended: what was removed stays in the index until it is vacuumed (elsewhere:
 * until it is collected), and each batch would walk over all of it again.
 * @returns undefined where that was the end
 */
async function remove(
  session: Session,
  { fence }: ExpireOptions,
  {
    after = FIRST_ID,
    before,
    limit,
  }: { readonly after: string | undefined; readonly before: string; readonly limit: number },
  onRemoved: (failures: number) => boolean,
): Promise<Removed | undefined> {
  const begun = performance.now()
  const [row] = await session.query<[failures: number, bytes: number, last: string | null]>(
    REMOVE,
    [fence, limit, after, before],
    DEADLINE,
  )
  const [failures, bytes, last] = row!
  if (last === null || !onRemoved(failures)) return undefined
  // Half of the time, or more, belongs to those who report: disk and processors are theirs too.
  if (failures === limit) await sleep(Math.max(performance.now() - begun, PAUSE))
  return { failures, bytes, last }
}

/** Milliseconds. No request waits for retention, and a busy volume may be slow. */
const DEADLINE = 30_000

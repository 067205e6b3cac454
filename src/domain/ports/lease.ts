/**
 * Elects the leader: the one replica that runs retention, scheduled probes and the canary.
 *
 * Promises:
 * - No two replicas are leader at the same time. A leader that cannot renew the lease stops before another one may start.
 * - A leader that dies is replaced within a bounded time.
 * - The fence grows with every change of leader. The leader's writes carry it, so that the store refuses one that comes
 *   late, for example after the whole process was paused.
 */
export interface Lease {
  /** The fence while this replica is the leader, otherwise null. */
  fence(): number | null
  /** Calls the handler when leadership is gained or lost. Handlers must not throw. @returns a function that unsubscribes */
  onChange(handler: (fence: number | null) => void): () => void
}

/** For a store that only one process uses: it is always the leader. */
export const SOLE_LEASE: Lease = { fence: () => 1, onChange: () => () => {} }

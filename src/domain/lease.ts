/**
 * Who does what only one replica may do: retention, scheduled probes, the canary.
 *
 * Promises:
 * - At no moment do two replicas hold it. A holder that cannot renew it lets it go before another one may take it.
 * - A holder that dies is followed within a bounded time.
 * - The fence grows with every change of hands. What the holder writes carries it, so that a write that comes late, after
 *   a pause of the whole process say, is refused by the store.
 */
export interface Lease {
  /** The fence while this replica holds it, else null. */
  fence(): number | null
  /** Called when it is taken and when it is lost or let go. Handlers must not throw. @returns a function that ends it */
  onChange(handler: (fence: number | null) => void): () => void
}

/** For a store that one process has to itself: it holds the lease for good. */
export const SOLE_LEASE: Lease = { fence: () => 1, onChange: () => () => {} }

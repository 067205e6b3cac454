import type { Deadlines } from '../deadlines.ts'
import type { CopySpace } from './copies.ts'
import type { DeliveryEnd } from './delivery-end.ts'
import type { Route } from './routes.ts'
import type { DeliverySpan } from './safe-span.ts'
import type { Upstream } from './upstream.ts'

/** Milliseconds: the most that a delivery may take. */
export const DELIVERY_LIMIT = 60_000

/** What all deliveries of one route share. No function throws. */
export interface DeliveryContext {
  readonly route: Route
  readonly upstream: Upstream
  readonly space: CopySpace
  /** Those of all deliveries. */
  readonly deadlines: Deadlines
  /** A delivery has ended. Called once for each. */
  onEnd(end: DeliveryEnd, span: DeliverySpan): void
  /** A fault of the proxy itself. */
  onFault(error: unknown): void
}

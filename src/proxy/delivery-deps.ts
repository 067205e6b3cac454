import type { AttemptCode, DeliveryCode, RetryReason } from '../domain/delivery.ts'
import type { CopySpace } from './copies.ts'
import type { DeliverySpan } from './safe-span.ts'
import type { Upstream } from './upstream.ts'

export interface DeliveryDeps {
  readonly upstream: Upstream
  readonly space: CopySpace
  readonly span: DeliverySpan
  /** Obfuscated identifier of this process. */
  readonly by: string
  readonly traceparent: string
  onAttempt(attempt: { readonly ok: boolean; readonly code: AttemptCode }): void
  /** The delivery has ended. Called once. */
  onEnd(end: DeliveryEnd): void
  /** A fault of the proxy itself. */
  onFault(error: unknown): void
}

export interface DeliveryEnd {
  /** Status that the platform received, or how it ended without a whole answer. */
  readonly code: DeliveryCode
  readonly ok: boolean
  /** Why the first failed attempt called for another, and whether another was made or waited for. */
  readonly retry?: { readonly reason: RetryReason; readonly wasMade: boolean }
}

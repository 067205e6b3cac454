/** What became of one delivery, as the platform saw it. */
export interface DeliveryResult {
  /** A configured endpoint's name. */
  readonly endpoint: string
  /** Method and path of its route: another one proves nothing about it. */
  readonly route: string
  /** Whether the platform received a whole answer with a 2xx status. */
  readonly ok: boolean
  /** Status that the platform received; 0 if it received no whole answer. */
  readonly code: number
  /** How it ended if there was no whole answer. */
  readonly ending?: DeliveryEnding
  /** When its header had arrived, milliseconds since the epoch. */
  readonly startedAt: number
  /** When it ended, milliseconds since the epoch. */
  readonly at: number
}

/** Endings of a delivery or an attempt without a whole answer; everything else is a status. */
export const DELIVERY_ENDINGS = ['client_closed', 'incomplete'] as const
export type DeliveryEnding = (typeof DELIVERY_ENDINGS)[number]
/** Why an attempt failed before the application's response began. */
export const ATTEMPT_FAULTS = ['connect', 'unsent', 'reset', 'timeout', 'protocol'] as const
export type AttemptFault = (typeof ATTEMPT_FAULTS)[number]

/**
 * Why a request through the proxy is no delivery of the platform: its method is not one of the route's; the route has no exact
 * path, and nothing that identifies the platform; it does not carry what identifies it; the same, or nothing does, and the
 * application answered 401 or 403; the client hung up, or stopped sending or reading.
 */
export const OTHER_REASONS = ['method', 'path', 'unsigned', 'unauthorized', 'hang_up'] as const
export type OtherReason = (typeof OTHER_REASONS)[number]

/** HTTP status, or how it ended without one. */
export type DeliveryCode = number | DeliveryEnding
export type AttemptCode = DeliveryCode | AttemptFault

/** Why another attempt was called for. */
export const RETRY_REASONS = ['connect', 'unsent', 'reset', 'timeout', 'status'] as const
export type RetryReason = (typeof RETRY_REASONS)[number]
/** `saved`: the delivery succeeded in the end; `failed`: it did not; `not_allowed`: no further attempt was permitted. */
export const RETRY_RESULTS = ['saved', 'failed', 'not_allowed'] as const
export type RetryResult = (typeof RETRY_RESULTS)[number]

/** What the proxy counts. No method throws. */
export interface DeliveryMetrics {
  /** A request arrived: `deliveryEnded` or `otherEnded` follows. */
  requestBegun(endpoint: string): void
  /** One attempt of a delivery ended. */
  attempted(attempt: { readonly endpoint: string; readonly ok: boolean; readonly code: AttemptCode }): void
  /** The delivery ended. */
  deliveryEnded(delivery: {
    readonly endpoint: string
    readonly ok: boolean
    readonly code: DeliveryCode
    /** From its header to the last byte of the answer. */
    readonly seconds: number
    /** Absent if the first attempt was good, or failed in a way for which no retry exists. */
    readonly retry?: { readonly reason: RetryReason; readonly result: RetryResult }
  }): void
  /** A request ended that was no delivery. */
  otherEnded(endpoint: string, reason: OtherReason): void
}

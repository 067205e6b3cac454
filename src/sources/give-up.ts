/** A delivery that a platform gave up on, to be reported as that platform would. */
export interface GivenUp {
  /** URL of the endpoint, or what the platform calls it. */
  readonly endpoint: string
  /** HTTP status of the last attempt; 0 if there was no answer. */
  readonly code: number
  readonly message: string
  /** Type of the notification, such as order.created; empty if unknown. */
  readonly event: string
  readonly tenant: string
  readonly attempts: number
  /** The platform's id of its notice. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A report in a platform's format, without credentials. */
export interface ReportRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

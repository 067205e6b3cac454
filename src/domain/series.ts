/** The labels of `webhook_delivery_failures_total`. */
export interface SeriesLabels {
  readonly source: string
  /** Empty unless `metrics.tenantLabel` is set. */
  readonly tenant: string
  readonly endpoint: string
  /** A decimal number, or `other`. */
  readonly code: string
  readonly cause: string
}

/** Label that was replaced by `other` because the label set did not fit. */
export const OVERFLOW_LABELS = ['code', 'endpoint', 'tenant'] as const
export type OverflowLabel = (typeof OVERFLOW_LABELS)[number]

export interface SeriesUsage {
  readonly admitted: number
  readonly limit: number
  readonly overflow: Readonly<Record<OverflowLabel, number>>
}

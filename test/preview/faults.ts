import type { Cause } from '../../src/domain/cause/cause.ts'
import type { EndpointFacts } from '../../src/domain/report/endpoint.ts'

/** What happens in the simulated week. Times are hours before its end. */

export const SOURCE = 'retm'

export const ENDPOINTS: readonly (EndpointFacts & { readonly internal?: true; readonly plain?: true })[] = [
  { name: 'orders', event: 'order.created', team: 'payments', severity: 'critical', internal: true },
  { name: 'refunds', event: 'order.refunded', team: 'payments', severity: 'critical' },
  { name: 'menu', event: 'menu.updated', team: 'catalogue', severity: 'warning' },
  { name: 'loyalty-coupons', event: 'loyalty.promotional_coupon', team: 'loyalty', severity: 'critical' },
  { name: 'loyalty-rewards', event: 'loyalty.redeem_reward', team: 'loyalty', severity: 'critical' },
  { name: 'customers', event: 'customer.created', team: 'crm', severity: 'warning' },
  { name: 'customer-deletions', event: 'customer.deleted', team: 'crm', severity: 'warning' },
  { name: 'invoices', event: 'invoice.created', team: 'finance', severity: 'critical', plain: true },
]

export interface Fault {
  readonly endpoint: string
  readonly from: number
  readonly hours: number
  readonly cause: Cause
  readonly code: number
  readonly perHour: number
  /** What probes find; absent if they find nothing. */
  readonly probe?: Cause
}

const at = (
  endpoint: string,
  from: number,
  hours: number,
  [cause, code, perHour]: [Cause, number, number],
  probe: Cause | undefined = cause,
): Fault => ({ endpoint, from, hours, cause, code, perHour, ...(probe && { probe }) })

export const FAULTS: readonly Fault[] = [
  at('menu', 160, 2, ['server_error', 500, 20]),
  at('customers', 151, 0.7, ['timeout', 504, 30]),
  at('loyalty-coupons', 140, 1.5, ['rejected', 422, 12], undefined),
  at('orders', 133, 0.4, ['connection_refused', 0, 90]),
  at('refunds', 133, 0.4, ['connection_refused', 0, 20]),
  at('invoices', 120, 5, ['authentication', 401, 6]),
  at('menu', 110, 0.5, ['unavailable', 503, 25]),
  at('loyalty-rewards', 97, 1, ['rate_limited', 429, 40], undefined),
  at('customers', 88, 3, ['dns', 0, 8]),
  at('customer-deletions', 88, 3, ['dns', 0, 3]),
  at('orders', 74, 0.6, ['timeout', 504, 80]),
  at('loyalty-coupons', 63, 2, ['not_found', 404, 10]),
  at('invoices', 50, 1, ['connection_reset', 0, 14]),
  at('menu', 41, 0.8, ['server_error', 500, 25]),
  at('menu', 38, 0.5, ['server_error', 502, 25]),
  at('refunds', 29, 1.2, ['redirect', 301, 9]),
  at('orders', 21.5, 0.7, ['unavailable', 503, 60]),
  at('orders', 21.2, 0.3, ['timeout', 504, 40]),
  at('loyalty-rewards', 17, 0.9, ['unreachable', 0, 22]),
  at('customers', 13, 1.6, ['server_error', 500, 18]),
  at('menu', 9.4, 0.6, ['rate_limited', 429, 30], undefined),
  // Still so at the end, at seven minutes past three in the morning.
  at('loyalty-coupons', 4.1, 99, ['tls', 526, 9]),
  at('customers', 1.9, 99, ['authentication', 401, 12]),
  at('orders', 0.6, 99, ['timeout', 504, 70]),
]

/** Failures without an incident, an hour: what is not configured, and what is no URL. */
export const STRAYS = [
  { endpoint: 'https://hooks.old-shop.example/retm', code: 410, cause: 'not_found', perHour: 0.25 },
  { endpoint: 'invalid', code: 0, cause: 'unknown', perHour: 0.08 },
] as const satisfies readonly { endpoint: string; code: number; cause: Cause; perHour: number }[]

/** The receiver's own. */
export const RESTARTS = [143.2, 96.4, 30.7, 6.3]
/** Prometheus scrapes nothing, over a full hour, while deliveries begin to fail. */
export const UNSCRAPED = { from: 41.28, hours: 0.5 }
export const JOURNAL_DOWN = { from: 52, hours: 0.2 }
export const COLLECTOR_DOWN = { from: 12.5, hours: 0.6 }
/** When four failures did not fit the limit of series. */
export const OVERFLOWED = 60
export const CREDENTIALS_UNREADABLE = 26
/** One after the other from one who has a credential. */
export const BAD_REPORTS = { from: 15.2, hours: 0.5, perHour: 40 }
/** The certificate of this endpoint is renewed too late. */
export const EXPIRING = { endpoint: 'loyalty-coupons', at: 4.1 }

/** Routes of the proxy, and how many deliveries an hour take them. */
export const PROXIED = [
  { endpoint: 'orders', perHour: 180 },
  { endpoint: 'refunds', perHour: 24 },
  { endpoint: 'menu', perHour: 60 },
] as const
/** When the application restarts now and then, so that the proxy has something to save. */
export const BLIPS = [
  { endpoint: 'orders', from: 10.2, hours: 0.3 },
  { endpoint: 'orders', from: 5.4, hours: 0.5 },
  { endpoint: 'menu', from: 30, hours: 1 },
] as const

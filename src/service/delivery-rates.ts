import type { DeliveryResult } from '../domain/report/delivery.ts'

/** Deliveries to an endpoint that our own proxy saw end, since this process started. */
export interface DeliveryRate {
  readonly delivered: number
  readonly failed: number
}

/** Counts deliveries by endpoint; only configured endpoints have routes, so their number bounds it. */
export function createDeliveryRates() {
  const rates = new Map<string, { delivered: number; failed: number }>()
  return {
    observed({ endpoint, ok }: Pick<DeliveryResult, 'endpoint' | 'ok'>): void {
      const rate = rates.get(endpoint) ?? { delivered: 0, failed: 0 }
      rate[ok ? 'delivered' : 'failed'] += 1
      rates.set(endpoint, rate)
    },
    of: (endpoint: string): DeliveryRate | undefined => rates.get(endpoint),
  }
}

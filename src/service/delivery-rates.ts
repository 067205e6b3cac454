import type { ObservedDelivery } from './deliveries.ts'

/** Deliveries to an endpoint that our own proxy saw end, since this process started. */
export interface DeliveryRate {
  readonly delivered: number
  readonly failed: number
}

/** Counts deliveries by endpoint; only configured endpoints have routes, so their number bounds it. */
export function createDeliveryRates() {
  const rates = new Map<string, DeliveryRate>()
  return {
    observed({ endpoint, ok }: Pick<ObservedDelivery, 'endpoint' | 'ok'>): void {
      const { delivered, failed } = rates.get(endpoint) ?? { delivered: 0, failed: 0 }
      rates.set(endpoint, ok ? { delivered: delivered + 1, failed } : { delivered, failed: failed + 1 })
    },
    of: (endpoint: string): DeliveryRate | undefined => rates.get(endpoint),
  }
}

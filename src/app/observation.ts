import type { AddressInfo } from 'node:net'
import { createDeliveryRates } from '../service/delivery-rates.ts'
import type { StartContext } from './context.ts'
import type { Core } from './core.ts'
import { type StartedDeliveries, startDeliveries } from './deliveries.ts'
import type { Phases } from './phases.ts'
import { giveUpTimes, startProxy } from './proxy.ts'

export interface Observation {
  readonly delivered: StartedDeliveries
  /** Deliveries of the last minutes by endpoint; undefined without a proxy. */
  readonly rates: ReturnType<typeof createDeliveryRates>['of'] | undefined
  /** Of the proxy; undefined if none is configured. */
  readonly address: AddressInfo | undefined
}

/**
 * What observes deliveries: the signals of sources, and the proxy if it is configured. It listens before the journal is
 * opened: no delivery waits for that.
 * @throws what `listen` throws
 */
export async function startObservation(
  context: StartContext,
  core: Pick<Core, 'journal' | 'telemetry' | 'incidents' | 'readSecret'>,
  { phases, maxConnections }: { readonly phases: Phases; readonly maxConnections: number },
): Promise<Observation> {
  const delivered = startDeliveries(context, { ...core, giveUpAfter: giveUpTimes(context.config) })
  const rates = createDeliveryRates()
  const proxy = await startProxy(context, {
    telemetry: core.telemetry,
    readSecret: core.readSecret,
    clock: core.journal.clock,
    maxConnections,
    onDelivery(delivery) {
      rates.observed(delivery)
      delivered.deliveries.observed(delivery)
    },
  })
  if (proxy) phases.onDrain(proxy.beginDrain)
  return { delivered, rates: proxy && rates.of, address: proxy?.address }
}

import { type AddressInfo, BlockList, isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import type { DeliveryResult } from '../domain/report/delivery.ts'
import { memoize } from '../domain/text/memoize.ts'
import { type Listener, listen } from '../http/shared/listener.ts'
import type { ProxyDeps, Route } from '../proxy/proxy.ts'
import type { StartContext } from './context.ts'
import { type RecognizerDeps, withRecognizers } from './recognizers.ts'
import type { Telemetry } from './telemetry.ts'

/** Milliseconds for which new deliveries are still accepted: Kubernetes needs some seconds to remove a pod from its Services. */
export const ENDPOINT_REMOVAL = 5_000
/** Milliseconds for which connections that exist may go on to be used. */
const GRACE = 1_000
/** Longer than proxies in front keep theirs; see docs/proxies.md. */
const KEEP_ALIVE = 75_000
/** As much as common servers accept: a delivery must not fail here that the application would have taken. */
const MAX_HEADER_SIZE = 32_768
/** Milliseconds between two log lines about internal faults. */
const FAULT_REPEAT = 10_000

export interface ProxyStartDeps {
  readonly telemetry: Telemetry
  readonly clock: Clock
  readonly readSecret: RecognizerDeps['readSecret']
  readonly maxConnections: number
  /** Receives what became of each delivery. */
  readonly onDelivery: (result: DeliveryResult) => void
}

export interface StartedProxy {
  readonly address: AddressInfo
  /** The process is to stop: from now on connections are given up, and in a while no new one is accepted. */
  beginDrain(): void
}

export interface ProxyParts extends Pick<ProxyDeps, 'metrics' | 'tracing' | 'onDelivery' | 'clock'> {
  readonly log: Pick<Log, 'error' | 'info'>
  readonly maxConnections: number
}

/**
 * Listens for deliveries. The proxy's modules are loaded only by this.
 * @throws what `listen` throws
 */
export async function listenAsProxy(
  { host, port, routes, trustedProxies }: Omit<NonNullable<Config['proxy']>, 'routes'> & { routes: readonly Route[] },
  { log, maxConnections, ...deps }: ProxyParts,
): Promise<Listener> {
  const { createProxy } = await import('../proxy/proxy.ts')
  const { DELIVERY_LIMIT } = await import('../proxy/delivery-context.ts')
  let logged = Number.NEGATIVE_INFINITY
  const proxy = createProxy({
    ...deps,
    routes,
    isTrusted: inBlocks(trustedProxies),
    onFault(error) {
      if (performance.now() - logged < FAULT_REPEAT) return
      logged = performance.now()
      log.error({ err: error }, 'internal error in the proxy')
    },
  })
  const listener = await listen({
    name: 'proxy',
    host,
    port,
    maxConnections,
    keepAliveTimeout: KEEP_ALIVE,
    grace: GRACE,
    maxHeaderSize: MAX_HEADER_SIZE,
    requestTimeout: DELIVERY_LIMIT,
    handler: proxy.handler,
  })
  log.info({ listener: 'proxy', ...listener.address }, 'listening')
  return {
    ...listener,
    async close(deadline) {
      await listener.close(deadline)
      await proxy.close()
    },
  }
}

/**
 * The proxy in front of the applications, if it is configured.
 * @throws what `listen` throws
 */
export async function startProxy(
  { config, log, cleanUps }: StartContext,
  { telemetry: { metrics, tracing }, readSecret, ...deps }: ProxyStartDeps,
): Promise<StartedProxy | undefined> {
  if (!config.proxy || !metrics.proxy) return undefined
  const { routes, stop } = await withRecognizers(config.proxy.routes, { readSecret, log, clock: deps.clock })
  cleanUps.push('secrets of the proxy', stop)
  const proxy = { ...config.proxy, routes }
  const listener = await listenAsProxy(proxy, { ...deps, metrics: metrics.proxy, tracing, log })
  let removal: Promise<unknown> | undefined
  const beginDrain = () => {
    listener.announceClose()
    removal ??= sleep(ENDPOINT_REMOVAL)
  }
  cleanUps.push('proxy listener', async (deadline) => {
    const end = performance.now() + deadline
    // A start that failed has nothing to drain.
    await removal
    await listener.close(Math.max(0, end - performance.now() - 500))
  })
  return { address: listener.address, beginDrain }
}

/** @param blocks addresses and CIDRs */
function inBlocks(blocks: readonly string[]): (address: string) => boolean {
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/')
    if (prefix === undefined) list.addAddress(address, family(address))
    else list.addSubnet(address, Number(prefix), family(address))
  }
  return blocks.length === 0 ? () => false : memoize((address) => list.check(address, family(address)))
}

/** Milliseconds after which the platform must have given up on a delivery, by endpoint; the longest of its routes. */
export function giveUpTimes({ proxy }: Pick<Config, 'proxy'>): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  for (const { endpoint, giveUpAfter } of proxy?.routes ?? [])
    if (giveUpAfter !== undefined) times.set(endpoint, Math.max(giveUpAfter, times.get(endpoint) ?? 0))
  return times
}

import type { KnownListeners } from '../config/config.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import { type Listener, listen } from '../http/shared/listener.ts'
import type { misconfiguredAdminApp } from '../http/shared/misconfigured-apps.ts'
import { NO_SPAN } from '../observe/tracing.ts'
import { listenAsProxy } from './proxy.ts'

/** Milliseconds for what is being answered when the service takes over. */
const CLOSE_WITHIN = 1_000
const LISTENING = { maxConnections: 1_000, keepAliveTimeout: 75_000, grace: 250 }

type Handler = ReturnType<typeof misconfiguredAdminApp>

/** The listeners of a service without a valid configuration. */
export interface MisconfiguredListeners {
  /** Listens where the faulty file says, as far as that is known. A port in use is tried again the next time. */
  follow(known: KnownListeners): Promise<void>
  close(): Promise<void>
}

export function misconfiguredListeners(
  handlers: { readonly ingest: Handler; readonly admin: Handler },
  log: Log,
): MisconfiguredListeners {
  const listeners = new Map<keyof KnownListeners, { address: string; listener: Listener }>()
  const failed = new Map<string, string>()

  const open = (name: keyof KnownListeners, known: KnownListeners): Promise<Listener> =>
    name === 'proxy'
      ? openProxy(known.proxy!, log)
      : listen({ name, host: known[name]!.host, port: known[name]!.port, handler: handlers[name], ...LISTENING })

  async function follow(name: keyof KnownListeners, known: KnownListeners): Promise<void> {
    const at = known[name]
    const address = at && (name === 'proxy' ? JSON.stringify(at) : `${at.host} ${at.port}`)
    const before = listeners.get(name)
    if (before && before.address !== address) {
      listeners.delete(name)
      await before.listener.close(CLOSE_WITHIN)
    }
    if (!at || !address || listeners.has(name)) return
    try {
      const listener = await open(name, known)
      listeners.set(name, { address, listener })
      failed.delete(name)
      if (name !== 'proxy') log.info({ listener: name, ...listener.address }, 'listening')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (failed.get(name) !== code) log.error({ listener: name, host: at.host, port: at.port, code }, 'cannot listen')
      failed.set(name, code ?? '')
    }
  }

  return {
    async follow(known) {
      for (const name of ['proxy', 'admin', 'ingest'] as const) await follow(name, known)
    },
    async close() {
      for (const { listener } of listeners.values()) await listener.close(CLOSE_WITHIN)
    },
  }
}

/** Deliveries go on, although nothing counts them: a mistake elsewhere in the file is no reason to lose them. */
function openProxy(proxy: NonNullable<KnownListeners['proxy']>, log: Log): Promise<Listener> {
  const ignore = () => {}
  return listenAsProxy(proxy, {
    log,
    maxConnections: LISTENING.maxConnections,
    metrics: { requestBegun: ignore, attempted: ignore, deliveryEnded: ignore, otherEnded: ignore },
    tracing: { request: () => NO_SPAN },
    onDelivery: ignore,
    clock: Date.now,
  })
}

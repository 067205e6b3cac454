import net from 'node:net'
import type { SupervisorLog } from './log.ts'

/** The service may close a listener and open it again: when an invalid configuration becomes valid, or a start fails. */
const COPIES = 4
const MOST_ASKED = 3

/**
 * Listening sockets that the supervisor opens for the service and keeps, without accepting: while the service restarts, the
 * kernel queues connections instead of refusing them. Which ones, the service says, because only it reads the configuration.
 */
export function holdSockets(log: SupervisorLog, env: NodeJS.ProcessEnv) {
  const held = new Map<string, { readonly address: string; readonly socket: net.BoundSocket }>()
  // In the chart the variables win over the file: a pod is ready before its sidecar's service has started.
  let asked = listenersIn(env)

  function open(name: string, address: { host: string; port: number }): void {
    const known = JSON.stringify(address)
    const before = held.get(name)
    if (before?.address === known) return
    before?.socket.close()
    held.delete(name)
    try {
      const socket = new net.BoundSocket(address)
      held.set(name, { address: known, socket })
      log.info({ socket: name, ...(socket.address() as object) }, 'socket opened')
    } catch {
      // A port in use, or a host that is a name: the service opens its own, or says what is wrong.
    }
  }

  function openAll(): void {
    const wanted = asked ? (JSON.parse(asked) as Record<string, { host: string; port: number }>) : {}
    for (const [name, { socket }] of held) {
      if (wanted[name]) continue
      socket.close()
      held.delete(name)
    }
    for (const [name, address] of Object.entries(wanted).slice(0, MOST_ASKED)) open(name, address)
  }

  return {
    /** Notes what the service asks for; the next one that starts gets it. */
    ask(text: string): void {
      asked = text
    },
    /** Descriptors and variables for a service that starts. One that wants other sockets asks, and is started again. */
    handDown(): { readonly fds: readonly number[]; readonly env: Readonly<Record<string, string>> } {
      // Older versions of Node.js cannot: the service opens its own.
      if (net.BoundSocket === undefined) return { fds: [], env: {} }
      openAll()
      const copies = [...held].flatMap(([name, { socket }]) => Array.from({ length: COPIES }, () => ({ name, socket })))
      return {
        fds: copies.map(({ socket }) => socket.fd()),
        env: {
          SUPERVISOR_LISTENERS: asked,
          LISTEN_FDS: String(copies.length),
          LISTEN_FDNAMES: copies.map(({ name }) => name).join(':'),
        },
      }
    },
    /** The service is to stop for good: connections that no one will accept are refused. */
    close(): void {
      asked = ''
      openAll()
    },
  }
}

/** What the service will ask for where variables name both listeners, and no proxy is configured. */
function listenersIn(env: NodeJS.ProcessEnv): string {
  const addresses = ['INGEST', 'ADMIN'].map((name) => ({
    host: env[`${name}_HOST`],
    port: Number(env[`${name}_PORT`]),
  }))
  const [ingest, admin] = addresses
  return addresses.every(({ host, port }) => host && port > 0) ? JSON.stringify({ ingest, admin }) : ''
}

import { closeSync } from 'node:fs'
import { createServer } from 'node:net'

/** sd_listen_fds(3): what precedes are stdin, stdout and stderr. */
const FIRST_FD = 3

export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Listening sockets that outlive this process, so that clients wait while it restarts: opened by systemd or by the
 * supervisor. Each is named after its listener; the supervisor hands down several copies, since closing a listener closes its copy.
 */
let inherited: Map<string, number[]> | undefined
/** Where the supervisor opened its sockets; systemd's addresses win over the configuration. */
let opened: Readonly<Record<string, Address>> | undefined

function sockets(): Map<string, number[]> {
  if (inherited) return inherited
  inherited = new Map()
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '', SUPERVISOR_LISTENERS } = process.env
  // Variables of another process's sockets are inherited too.
  if (SUPERVISOR_LISTENERS === undefined && LISTEN_PID !== String(process.pid)) return inherited
  if (SUPERVISOR_LISTENERS) opened = JSON.parse(SUPERVISOR_LISTENERS) as Record<string, Address>
  const names = LISTEN_FDNAMES.split(':')
  for (let index = 0; index < Number(LISTEN_FDS ?? 0); index++) {
    const name = names[index] ?? ''
    inherited.set(name, [...(inherited.get(name) ?? []), FIRST_FD + index])
  }
  return inherited
}

/** @returns a descriptor for the listener of that name, which this process owns from now on; undefined: it opens its own */
export function inheritedSocket(name: string, { host, port }: Address): number | undefined {
  const copies = sockets().get(name)
  const at = opened?.[name]
  if (at && (at.host !== host || at.port !== port)) return undefined
  return copies?.shift()
}

/**
 * Has the kernel queue connections from now on, before the service can accept them: a socket that was only bound refuses
 * them. A server begins to accept in the next turn of the event loop; this one is closed before.
 */
export function queueConnections(): void {
  for (const copies of sockets().values()) {
    const fd = copies.length > 1 ? copies.shift() : undefined
    if (fd !== undefined)
      createServer()
        .on('error', () => {})
        .listen({ fd })
        .close()
  }
}

/** Closes what is left: this process stops, and what it still held would keep connections waiting that no one accepts. */
export function closeInheritedSockets(): void {
  for (const copies of sockets().values()) for (const fd of copies.splice(0)) closeSync(fd)
}

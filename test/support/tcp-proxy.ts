import { connect, createServer, type Socket } from 'node:net'

/**
 * How connections fare: `pass`; `freeze` accepts and forwards nothing and closes nothing,
 * as a network that drops packets does; `refuse` resets new connections.
 */
export type ProxyMode = 'pass' | 'freeze' | 'refuse'

export interface TcpProxy {
  readonly port: number
  mode: ProxyMode
  /** Milliseconds added in each direction. */
  delay: number
  /** Called with each chunk from a client before it goes on; `cut` ends the connection instead, `cut-after` once it was sent. */
  watch: ((chunk: Buffer) => 'cut' | 'cut-after' | undefined) | undefined
  /** Ends all connections with a reset. */
  cut(): void
  /**
   * Forgets all connections, and tells neither side, as NAT does with idle ones: what a client sends on one of them is
   * dropped, or answered with a reset. New connections pass.
   */
  forget(then: 'drop' | 'reset'): void
  /** Connections taken so far. */
  readonly taken: () => number
  close(): Promise<void>
}

/** A TCP proxy in front of a server of the tests that fails as networks do. */
export async function tcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  const forgotten = new Map<Socket, 'drop' | 'reset'>()
  let taken = 0
  const server = createServer((client) => {
    taken++
    if (proxy.mode === 'refuse') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(target, '127.0.0.1')
    const pair = [client, upstream] as const
    pairs.add(pair)
    const end = () => {
      for (const socket of pair) socket.destroy()
      pairs.delete(pair)
    }
    for (const socket of pair) socket.setNoDelay(true).on('error', end)
    // A frozen network tells nobody that the other side went away.
    for (const socket of pair) socket.on('close', () => proxy.mode !== 'freeze' && !forgotten.has(client) && end())
    const forward = (to: Socket, chunk: Buffer) => {
      if (forgotten.get(client) === 'reset' && to === upstream) client.resetAndDestroy()
      if (proxy.mode === 'freeze' || forgotten.has(client)) return
      if (proxy.delay > 0) setTimeout(() => to.writable && to.write(chunk), proxy.delay)
      else if (to.writable) to.write(chunk)
    }
    client.on('data', (chunk: Buffer) => {
      const verdict = proxy.watch?.(chunk)
      if (verdict === 'cut') return end()
      if (verdict === 'cut-after') {
        // The server gets it and may act on it; its answer goes nowhere.
        upstream.removeAllListeners('data')
        upstream.write(chunk)
        client.resetAndDestroy()
        setTimeout(end, 200)
        return
      }
      forward(upstream, chunk)
    })
    upstream.on('data', (chunk: Buffer) => forward(client, chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: TcpProxy = {
    port: (server.address() as { port: number }).port,
    mode: 'pass',
    delay: 0,
    watch: undefined,
    taken: () => taken,
    cut() {
      for (const pair of pairs) for (const socket of pair) socket.destroy()
      pairs.clear()
    },
    forget(then) {
      for (const [client] of pairs) forgotten.set(client, then)
    },
    close() {
      proxy.cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return proxy
}

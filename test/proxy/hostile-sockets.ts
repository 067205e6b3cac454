import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { keepConnection } from '../support/keep-alive.ts'
import type { ProxyStage } from '../support/proxy-stage.ts'
import type { Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'

/** Connections that are closed after the test, whatever becomes of it. */
export const sockets: Socket[] = []

export async function openConnection(origin: string) {
  const connection = await keepConnection(origin)
  sockets.push(connection.socket)
  return connection
}

export function openSocket(origin: string): Socket {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  sockets.push(socket)
  return socket
}

/** A failed check must leave nothing open, or the process would never end. */
export async function checkAndClose(stage: ProxyStage | undefined, app: Listening | undefined): Promise<void> {
  try {
    expect(stage?.faults ?? []).to.deep.equal([])
    await until('no delivery in flight', () => (stage?.inFlight() ?? 0) === 0)
  } finally {
    for (const socket of sockets.splice(0)) socket.destroy()
    await stage?.stop()
    await app?.close()
  }
}

export const statusesIn = (text: string) =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))

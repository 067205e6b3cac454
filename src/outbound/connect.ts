import { connect as netConnect, type Socket } from 'node:net'
import type { OutboundFault } from '../domain/ports/outbound-client.ts'
import { systemFault } from './fault.ts'

/** RFC 8305 section 8: how long one address may keep the next one waiting. */
const ATTEMPT_DELAY = 250
/** Enough for every honest name; a hostile one could list thousands. */
const MOST_ADDRESSES = 8

/**
 * A connected socket to the first of the addresses that accepts. Each is started a moment after the one before, or as
 * soon as that one failed, families in turn (Happy Eyeballs, RFC 8305, without its DNS part).
 * @param addresses at least one, each already judged by the outbound guard: no name is looked up here
 * @throws the signal's reason, or the most informative OutboundFault
 */
export function connect(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const queue = alternate(addresses).slice(0, MOST_ADDRESSES)
  const open = new Set<Socket>()
  const faults: OutboundFault[] = []
  let timer: NodeJS.Timeout | undefined

  const finish = (winner?: Socket) => {
    clearTimeout(timer)
    queue.length = 0
    signal.removeEventListener('abort', abort)
    for (const socket of open) if (socket !== winner) socket.destroy()
    open.clear()
  }
  const abort = () => {
    finish()
    reject(signal.reason)
  }
  const next = () => {
    clearTimeout(timer)
    const host = queue.shift()
    if (host === undefined) return
    const socket = netConnect({ host, port, noDelay: true })
    open.add(socket)
    socket.on('error', (error) => {
      if (!open.delete(socket)) return
      faults.push(systemFault(error))
      if (queue.length > 0) next()
      else if (open.size === 0) {
        finish()
        reject(
          faults.find(({ reason }) => reason !== 'unreachable') ?? faults.find(({ cutOff }) => !cutOff) ?? faults[0],
        )
      }
    })
    socket.once('connect', () => {
      if (!open.has(socket)) return
      finish(socket)
      resolve(socket)
    })
    if (queue.length > 0) timer = setTimeout(next, ATTEMPT_DELAY)
  }

  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  else next()
  return promise
}

/** Families in turn, beginning with that of the first address; otherwise in the given order. */
function alternate(addresses: readonly string[]): string[] {
  const isSix = (address: string) => address.includes(':')
  const first = addresses.filter((address) => isSix(address) === isSix(addresses[0]!))
  const second = addresses.filter((address) => isSix(address) !== isSix(addresses[0]!))
  return first
    .flatMap((address, index) => [address, ...second.slice(index, index + 1)])
    .concat(second.slice(first.length))
}

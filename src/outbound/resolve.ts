import { promises as dns, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { OutboundFault } from '../domain/ports/outbound-client.ts'
import { systemFault } from './fault.ts'

/** All addresses of a name, in the order in which to try them; rejects as `dns.lookup` does. */
export type Lookup = (host: string) => Promise<readonly string[]>

/** getaddrinfo, so that /etc/hosts, search domains and ndots count as they do for every program in the pod. */
const systemLookup: Lookup = async (host) =>
  (await dns.lookup(host, { all: true, order: 'verbatim' })).map(({ address }: LookupAddress) => address)

/**
 * Look-ups one after another in a few slots: getaddrinfo can hang for a minute, cannot be cancelled, and holds a thread
 * that the rest of this process needs. A name that is being looked up is not looked up again, so a name that hangs holds
 * one slot, however many endpoints have it.
 * @param slots how many names are looked up at once
 */
export function resolver({ lookup = systemLookup, slots = 2 }: { lookup?: Lookup; slots?: number } = {}) {
  const running = new Map<string, Promise<readonly string[]>>()
  const waiting: (() => void)[] = []

  async function run(host: string): Promise<readonly string[]> {
    try {
      return await lookup(host)
    } finally {
      running.delete(host)
      waiting.shift()?.()
    }
  }

  /**
   * @param host as a URL names it, without brackets; an address is its own answer
   * @throws OutboundFault
   */
  return async function resolve(host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (isIP(host)) return [host]
    while (!running.has(host) && running.size >= slots) await turn(signal)
    signal.throwIfAborted()
    let look = running.get(host)
    if (!look) {
      look = run(host)
      running.set(host, look)
      look.catch(() => {})
    }
    const addresses = await abortable(look, signal).catch((error) => {
      throw signal.aborted ? error : systemFault(error)
    })
    if (addresses.length === 0) throw new OutboundFault('dns', 'the name has no address')
    return addresses
  }

  function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    return abortable(promise, signal).finally(() => {
      const index = waiting.indexOf(resolve)
      if (index >= 0) waiting.splice(index, 1)
      // Woken and aborted in the same moment: the slot goes to the next one.
      else if (signal.aborted) waiting.shift()?.()
    })
  }
}

/** The promise's outcome, or a rejection with the signal's reason, whichever comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: either, resolve, reject } = Promise.withResolvers<T>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  return either
}

/** What a resolver says that cannot answer: it, or those that it asks, are not reached. */
const NO_ANSWER = new Set(['ECONNREFUSED', 'ETIMEOUT', 'ESERVFAIL', 'ECANCELLED'])

/**
 * Whether a resolver answers a question about the root zone. getaddrinfo fails in the same way if there is none and if the
 * name servers of a single zone are down.
 */
export async function resolverAnswers(): Promise<boolean> {
  try {
    await new dns.Resolver({ timeout: 2_000, tries: 1 }).resolveNs('.')
    return true
  } catch (error) {
    return !NO_ANSWER.has((error as { code?: string }).code ?? '')
  }
}

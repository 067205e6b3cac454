import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../domain/ports/clock.ts'
import {
  type OutboundClient,
  OutboundFault,
  type OutboundProgress,
  type OutboundRequest,
  type SendOptions,
} from '../domain/ports/outbound-client.ts'
import { certificateProblem } from '../domain/verdict/certificate.ts'
import type { ProbePhase } from '../domain/verdict/probe.ts'
import { connect } from './connect.ts'
import { exchange } from './exchange.ts'
import type { OutboundGuard } from './guard.ts'
import { type Lookup, resolver } from './resolve.ts'
import { secure } from './tls.ts'
import { bareHost, portOf, shownHost } from './url-parts.ts'

export interface OutboundClientOptions {
  readonly guard: OutboundGuard
  /** How names are resolved; getaddrinfo by default. */
  readonly lookup?: Lookup
  /** How many names are looked up at once; 2 by default. libuv gives look-ups at most half of its threads. */
  readonly lookupSlots?: number
  /** Certificates are judged by it. */
  readonly clock?: Clock
}

type Progress = OutboundProgress

/** Uses its own sockets, so that each phase is timed, and faults come from the kernel and OpenSSL themselves. */
export function createOutboundClient({
  guard,
  lookup,
  lookupSlots,
  clock = Date.now,
}: OutboundClientOptions): OutboundClient {
  const resolve = resolver({ ...(lookup && { lookup }), ...(lookupSlots && { slots: lookupSlots }) })

  /** @returns the addresses of the host that the guard permits: at least one */
  async function permitted(url: URL, { signal, address }: SendOptions, progress: Progress): Promise<string[]> {
    const host = bareHost(url)
    const found = address === undefined ? await timed(progress, 'resolve', () => resolve(host, signal)) : [address]
    const refusals = found.map((each) => guard.refusal(host, portOf(url), each))
    const addresses = found.filter((_, index) => refusals[index] === undefined)
    if (addresses.length > 0) return addresses
    const use = `${found[0]} is ${refusals[0]!.replace('_', '-')}`
    throw new OutboundFault(
      'blocked',
      `connecting to ${shownHost(url)} is not permitted: ${use}; outbound.allow can permit it`,
    )
  }

  async function secureOrFail(
    socket: Socket,
    url: URL,
    { request, signal, progress }: { request: OutboundRequest; signal: AbortSignal; progress: Progress },
  ): Promise<Socket> {
    const now = clock()
    const options = { host: bareHost(url), credentials: request, now }
    const { secured, facts } = await timed(progress, 'tls', () => secure(socket, options, signal))
    if (facts) progress.tls = facts
    if (facts?.authorized) return secured
    // Nothing is sent to a peer that cannot prove who it is: the request may carry secrets.
    secured.destroy()
    throw new OutboundFault(
      'tls',
      facts ? certificateProblem(shownHost(url), facts, now) : 'the server shows no certificate',
    )
  }

  return {
    async send(request, options) {
      const { signal, progress = { phase: 'resolve', phases: {} } } = options
      const url = URL.parse(request.url)
      if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
        throw new OutboundFault('blocked', 'the URL is neither http nor https')
      }
      const addresses = await permitted(url, options, progress)
      progress.address = addresses[0]!
      let socket = await timed(progress, 'connect', () => connect(addresses, portOf(url), signal))
      progress.address = socket.remoteAddress ?? progress.address
      if (url.protocol === 'https:') socket = await secureOrFail(socket, url, { request, signal, progress })
      if (options.isWanted?.() === false) {
        socket.destroy()
        throw new OutboundFault('unknown', 'the request is no longer wanted')
      }
      const answer = await timed(progress, 'http', () => exchange(socket, url, request, signal))
      progress.status = answer.status
      return answer
    },
    async speaksTls(text, address, signal) {
      const url = new URL(text)
      if (guard.refusal(bareHost(url), portOf(url), address) !== undefined) return false
      try {
        const socket = await connect([address], portOf(url), signal)
        const { secured } = await secure(socket, { host: bareHost(url), credentials: {}, now: clock() }, signal)
        secured.destroy()
        return true
      } catch {
        return false
      }
    },
  }
}

/** Runs one phase. Its duration is recorded whether it succeeds or not. */
async function timed<T>(progress: Progress, phase: ProbePhase, run: () => Promise<T>): Promise<T> {
  progress.phase = phase
  const from = performance.now()
  try {
    return await run()
  } finally {
    progress.phases = { ...progress.phases, [phase]: (progress.phases[phase] ?? 0) + (performance.now() - from) }
  }
}

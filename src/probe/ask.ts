import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { canonicalUrl } from '../domain/canonical-url.ts'
import { certificateProblem } from '../domain/certificate.ts'
import type { ProbeMethod, ProbePhase, ProbeTarget, TlsFacts } from '../domain/probe.ts'
import type { OutboundGuard } from '../outbound/guard.ts'
import { connect } from './connect.ts'
import { type Answer, exchange } from './exchange.ts'
import { ProbeFault } from './fault.ts'
import { secure } from './tls.ts'

/** What one probe has seen so far. It is filled in on the way, so that a failure leaves what came before it. */
export interface Attempt {
  phase: ProbePhase
  phases: Readonly<Partial<Record<ProbePhase, number>>>
  address?: string
  tls?: TlsFacts
  status?: number
  pathUnproven?: boolean
  /** Canonical. */
  redirect?: string
}

export interface Surroundings {
  readonly guard: OutboundGuard
  readonly resolve: (host: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Aborts at the deadline. */
  readonly signal: AbortSignal
  /** Milliseconds since the epoch; certificates are judged by it. */
  readonly now: number
}

/** One connection, one request. The phases of a second one are added to those of the first. */
export async function ask(
  method: ProbeMethod,
  url: URL,
  addresses: readonly string[],
  target: ProbeTarget,
  seen: Attempt,
  surroundings: Surroundings,
): Promise<Answer> {
  const { signal } = surroundings
  let socket = await open(url, addresses, seen, signal)
  if (url.protocol === 'https:') socket = await secureOrFail(socket, url, target, seen, surroundings)
  const request = { method, url, headers: target.headers ?? {} }
  const outcome = await timed(seen, 'http', () => exchange(socket, request, signal)).catch(asFault)
  if (url.protocol === 'http:' && smellsOfTls(outcome) && (await speaksTls(url, seen, surroundings))) {
    throw new ProbeFault('protocol', 'the port speaks TLS, but the URL says http: should it be https?')
  }
  if (outcome instanceof ProbeFault) throw outcome
  seen.status = outcome.status
  return outcome
}

function asFault(error: unknown): ProbeFault {
  if (error instanceof ProbeFault) return error
  throw error
}

const smellsOfTls = (outcome: Answer | ProbeFault): boolean =>
  outcome instanceof ProbeFault
    ? outcome.reason === 'protocol' || outcome.reason === 'connection_reset'
    : outcome.status === 400

async function open(url: URL, addresses: readonly string[], seen: Attempt, signal: AbortSignal): Promise<Socket> {
  seen.address = addresses[0]!
  const socket = await timed(seen, 'connect', () => connect(addresses, portOf(url), signal))
  seen.address = socket.remoteAddress ?? seen.address
  return socket
}

async function secureOrFail(
  socket: Socket,
  url: URL,
  target: ProbeTarget,
  seen: Attempt,
  { signal, now }: Surroundings,
): Promise<Socket> {
  const { secured, facts } = await timed(seen, 'tls', () => secure(socket, { host: bare(url), target, now }, signal))
  if (facts) seen.tls = facts
  if (facts?.authorized) return secured
  // Nothing is asked of a peer that is not who it should be: the request may carry secrets.
  secured.destroy()
  throw new ProbeFault(
    'tls',
    facts ? certificateProblem(shownHost(url), facts, now) : 'the server shows no certificate',
  )
}

/**
 * Servers answer plain HTTP on a TLS port with a 400, with an alert, or by hanging up, each in its own way. One handshake
 * on the same address tells for sure.
 */
async function speaksTls(url: URL, seen: Attempt, { signal, now }: Surroundings): Promise<boolean> {
  try {
    const socket = await connect([seen.address!], portOf(url), signal)
    const { secured } = await secure(socket, { host: bare(url), target: {}, now }, signal)
    secured.destroy()
    return true
  } catch {
    return false
  }
}

/** Runs one phase. What it took is recorded whether it ends well or not. */
export async function timed<T>(seen: Attempt, phase: ProbePhase, run: () => Promise<T>): Promise<T> {
  seen.phase = phase
  const from = performance.now()
  try {
    return await run()
  } finally {
    seen.phases = { ...seen.phases, [phase]: (seen.phases[phase] ?? 0) + (performance.now() - from) }
  }
}

/** The host without the brackets of an IPv6 address. */
export const bare = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1')
/** The host as sentences show it: labels that look like secrets are masked. */
export const shownHost = (url: URL): string =>
  /^https?:\/\/(.*?)(:[0-9]+)?\/?$/.exec(canonicalUrl(url.origin) ?? '')?.[1] ?? 'its host'
/** The port that is meant, also where the URL names none. */
export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80))

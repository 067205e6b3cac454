import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { canonicalUrl } from '../domain/canonical-url.ts'
import type { ProbeMethod, ProbePhase, ProbeTarget, TlsFacts } from '../domain/probe.ts'
import { connect } from './connect.ts'
import { type Answer, exchange } from './exchange.ts'
import { ProbeFault } from './fault.ts'
import type { OutboundGuard } from './outbound.ts'
import { isUp, statusCause } from './status.ts'
import { certificateFault, secure } from './tls.ts'

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

/** A HEAD that is answered with one of these says nothing of the path: many routes take a POST alone. */
const HEAD_IS_NOT_FOR_IT = new Set([404, 405, 501])

/**
 * Resolve, judge the addresses, connect, secure, ask. Ends without an error where the endpoint is up.
 * @throws ProbeFault, or the signal's reason
 */
export async function attempt(target: ProbeTarget, seen: Attempt, surroundings: Surroundings): Promise<void> {
  const url = URL.parse(target.url)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ProbeFault('blocked', 'its URL is no http or https URL')
  }
  const addresses = await permitted(url, seen, surroundings)
  const ask = (method: ProbeMethod, from: readonly string[]) => answerTo(method, url, from, target, seen, surroundings)

  const first = await ask(target.method ?? 'HEAD', addresses)
  const enough =
    target.method || !HEAD_IS_NOT_FOR_IT.has(first.status) || (target.expect && isUp(first.status, target.expect))
  if (enough) return judge(first, target, seen, url)

  const { phase, phases } = seen
  // The address that answered HEAD is asked again: no second look-up, so no second opinion of a rebinding name server.
  const second = await ask('OPTIONS', [seen.address!]).catch((error) => {
    if (first.status === 501) throw error
    // A firewall that drops OPTIONS takes nothing away from the answer to HEAD.
    Object.assign(seen, { phase, phases })
    return first
  })
  const pathUnproven = first.status === 404 ? !proves(second) : first.status === 501 && second.status === 404
  if (pathUnproven) seen.pathUnproven = true
  const secondSaysLess = first.status !== 501 && (second.status === 404 || second.status === 501)
  judge(secondSaysLess ? first : second, target, seen, url)
}

/** Whether an answer to OPTIONS shows that the path exists. A blanket CORS answer names no methods in Allow. */
const proves = ({ status, allows }: Answer): boolean => status === 405 || (status < 300 && allows)

async function permitted(url: URL, seen: Attempt, { guard, resolve, signal }: Surroundings): Promise<string[]> {
  const host = bare(url)
  const found = await timed(seen, 'resolve', () => resolve(host, signal))
  const refusals = found.map((address) => guard.refusal(host, portOf(url), address))
  const addresses = found.filter((_, index) => refusals[index] === undefined)
  if (addresses.length === 0) {
    const use = refusals[0]!.replace('_', '-')
    throw new ProbeFault(
      'blocked',
      `${shownHost(url)} has no address that may be probed (${use}); outbound.allow can give leave`,
    )
  }
  return addresses
}

/** One connection, one request. The phases of a second one are added to those of the first. */
async function answerTo(
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
  try {
    const answer = await timed(seen, 'http', () =>
      exchange(socket, { method, url, headers: target.headers ?? {} }, signal),
    )
    seen.status = answer.status
    if (answer.status !== 400 || url.protocol === 'https:') return answer
    if (await speaksTls(url, seen, surroundings)) throw wrongScheme()
    return answer
  } catch (error) {
    const torn = error instanceof ProbeFault && (error.reason === 'protocol' || error.reason === 'connection_reset')
    if (torn && url.protocol === 'http:' && (await speaksTls(url, seen, surroundings))) throw wrongScheme()
    throw error
  }
}

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
  throw facts ? certificateFault(facts, shownHost(url), now) : new ProbeFault('tls', 'the server shows no certificate')
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

const wrongScheme = () => new ProbeFault('protocol', 'the port speaks TLS, but the URL says http: should it be https?')

function judge({ status, location }: Answer, target: ProbeTarget, seen: Attempt, url: URL): void {
  seen.status = status
  if (location !== undefined && status >= 300 && status < 400) {
    const to = canonicalUrl(URL.parse(location.slice(0, 4_096), url)?.href ?? '')
    if (to) seen.redirect = to
  }
  const notFound = status === 404 && target.method !== undefined && !target.expect
  if (isUp(status, target.expect) && !notFound) return
  throw new ProbeFault(
    statusCause(status),
    target.expect ? `it answers ${status}, which is not expected` : said(status),
  )
}

const said = (status: number): string =>
  status >= 300 && status < 400
    ? `it answers ${status}, a redirect, which a platform may not follow`
    : `it answers ${status}`

/** Runs one phase. What it took is recorded whether it ends well or not. */
async function timed<T>(seen: Attempt, phase: ProbePhase, run: () => Promise<T>): Promise<T> {
  seen.phase = phase
  const from = performance.now()
  try {
    return await run()
  } finally {
    seen.phases = { ...seen.phases, [phase]: (seen.phases[phase] ?? 0) + (performance.now() - from) }
  }
}

const bare = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1')
/** The host as sentences show it: labels that look like secrets are masked. */
const shownHost = (url: URL): string =>
  /^https?:\/\/(.*?)(:[0-9]+)?\/?$/.exec(canonicalUrl(url.origin) ?? '')?.[1] ?? 'its host'
const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80))

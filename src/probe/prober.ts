import { canonicalUrl } from '../domain/canonical-url.ts'
import type { Clock } from '../domain/clock.ts'
import { visibleText } from '../domain/external-text.ts'
import { INVALID_ENDPOINT } from '../domain/failure.ts'
import type { ProbeResult, Prober, ProbeTarget } from '../domain/probe.ts'
import type { OutboundGuard } from '../outbound/guard.ts'
import type { Attempt, Surroundings } from './ask.ts'
import { attempt } from './attempt.ts'
import { ProbeFault } from './fault.ts'
import { type Lookup, resolver } from './resolve.ts'

export interface ProberOptions {
  readonly guard: OutboundGuard
  readonly clock?: Clock
  /** How names are resolved; getaddrinfo by default. */
  readonly lookup?: Lookup
  /** How many names are looked up at once; 2 by default. libuv gives look-ups at most half of its threads. */
  readonly places?: number
}

/** Probes over sockets of its own, so that each phase is timed and what goes wrong is told by the kernel and OpenSSL themselves. */
export function createProber({ guard, clock = Date.now, lookup, places }: ProberOptions): Prober {
  const resolve = resolver({ ...(lookup && { lookup }), ...(places && { places }) })

  return {
    async probe(target, { signal } = {}) {
      const startedAt = clock()
      const deadline = new AbortController()
      const timer = setTimeout(() => deadline.abort(), target.timeout)
      const surroundings: Surroundings = {
        guard,
        resolve,
        now: startedAt,
        signal: signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal,
      }
      const seen: Attempt = { phase: 'resolve', phases: {} }
      let fault: ProbeFault | undefined
      try {
        await attempt(target, seen, surroundings)
      } catch (error) {
        if (error instanceof ProbeFault) fault = error
        else if (deadline.signal.aborted) fault = new ProbeFault('timeout', silence(target, seen))
        else if (signal?.aborted) fault = new ProbeFault('unknown', 'the probe was stopped before its end')
        else fault = new ProbeFault('unknown', 'the probe itself failed')
      } finally {
        clearTimeout(timer)
      }
      return resultOf(target, startedAt, seen, fault)
    },
  }

  function resultOf(target: ProbeTarget, startedAt: number, seen: Attempt, fault: ProbeFault | undefined): ProbeResult {
    return {
      endpoint: target.endpoint,
      vantage: target.vantage,
      url: canonicalUrl(target.url) ?? INVALID_ENDPOINT,
      startedAt,
      up: fault === undefined,
      ...(fault ? { cause: fault.reason, phase: fault.phase ?? seen.phase } : {}),
      ...(!fault && seen.pathUnproven ? { pathUnproven: true } : {}),
      detail: visibleText(fault?.message ?? answerSentence(seen), 400),
      phases: seen.phases,
      ...(seen.address === undefined ? {} : { address: seen.address }),
      ...(seen.status === undefined ? {} : { status: seen.status }),
      ...(seen.tls ? { tls: seen.tls } : {}),
      ...(seen.redirect === undefined ? {} : { redirectTo: seen.redirect }),
    }
  }
}

const answerSentence = ({ status, pathUnproven }: Attempt): string =>
  pathUnproven
    ? `it answers; whether the path takes a POST is not proven, since HEAD and OPTIONS are not for it (${status})`
    : `it answers ${status}`

function silence({ timeout }: ProbeTarget, { phase }: Attempt): string {
  const what = {
    resolve: 'the name was not resolved',
    connect: 'nothing accepted the connection',
    tls: 'the TLS handshake did not end',
    http: 'no complete answer came',
  }
  return `${what[phase]} within the probe's ${timeout} ms`
}
